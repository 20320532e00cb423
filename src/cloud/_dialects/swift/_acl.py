"""Access lists of containers: who may read, list and write without being the project's own.

https://docs.openstack.org/swift/latest/overview_acl.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cloud.common.errors import InvalidRequestError
from cloud.common.models import Record

if TYPE_CHECKING:
    from typing_extensions import Self

_LISTING = ".rlistings"
_REFERRER = re.compile(r"\.(?:r|ref|referer|referrer)\s*:\s*(-?)\s*\*?(.*)").fullmatch
_HOST = re.compile(r"-?\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?").fullmatch
# Swift splits at commas and decodes what is left; anything else may stand as it is.
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "%,")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerAcl(Record):
    """One access list of a container.

    Attributes:
        public: everybody may read objects whose names they know (``.r:*``). For reading only.
        listing: who reads by `public` or `referrers` may also list (``.rlistings``). For reading only.
        referrers: hosts whose pages may embed the objects: ``example.com``, ``.example.com`` for all below
            it, ``-evil.example.com`` to leave one out. A Referer header is easily forged: this is no
            protection. For reading only.
        grants: who else may: ``project:user``, ``project:*``, ``*:user``, ``*:*`` (everybody with a token),
            or the name of a role; ids, as Keystone's names may change hands.
    """

    public: bool = False
    listing: bool = False
    referrers: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the list in the words of ``X-Container-Read`` and ``X-Container-Write``."""
        public = listing = False
        referrers: list[str] = []
        grants: list[str] = []
        for element in filter(None, (part.strip() for part in text.split(","))):
            match = _REFERRER(element)
            if element == _LISTING:
                listing = True
            elif match is None:
                grants.append(unquote(element))
            elif match[1] or match[2]:
                referrers.append(match[1] + match[2])
            else:
                public = True
        return cls(public=public, listing=listing, referrers=tuple(referrers), grants=tuple(grants))

    def to_header(self, *, write: bool = False) -> str:
        """Return the list as Swift takes it; empty for nobody but the project's own.

        Raises:
            InvalidRequestError: an element is none, or stands in a list of writers where only readers may.
        """
        if write and (self.public or self.listing or self.referrers):
            raise InvalidRequestError(
                "a write list takes grants only: nobody can write without a token",
                hint="a presigned URL with method PUT lets somebody write one object",
            )
        for host in self.referrers:
            if not _HOST(host):
                raise InvalidRequestError(f"{host!r} is no host name for a referrer list")
        elements = [".r:*"] if self.public else []
        elements += [f".r:{host}" for host in self.referrers]
        if self.listing:
            elements.append(_LISTING)
        return ",".join([*elements, *(quote(_checked_grant(grant), safe=_PLAIN) for grant in self.grants)])


def _checked_grant(grant: str) -> str:
    if not isinstance(grant, str) or not grant or grant != grant.strip() or not grant.isprintable():
        raise InvalidRequestError(f"a grant is printable text without outer spaces, not {grant!r}")
    if grant.startswith("."):
        raise InvalidRequestError(f"the grant {grant!r} begins with '.': use public, listing or referrers")
    project, colon, user = grant.partition(":")
    if grant == "*" or (colon and not (project and user)):
        raise InvalidRequestError(
            f"{grant!r} grants nothing: write 'project:user', 'project:*', '*:user', '*:*' or a role's name"
        )
    return grant


def checked_acl(acl: ContainerAcl | str | None, *, write: bool = False) -> str:
    """Return the header for a list given as a record, or in Swift's own words; None is nobody."""
    if isinstance(acl, str):
        acl = ContainerAcl.parse(acl)
    return "" if acl is None else acl.to_header(write=write)
