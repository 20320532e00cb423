"""What is around instances: images, instance types, key pairs, console, quotas; and instances as resources."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal, final, overload

from cloud.common._compute_core import ComputeCore, O, checked_text
from cloud.common._compute_types import CatalogRequest, ConsoleHooks, KeyPairHooks, QuotaHooks
from cloud.common._paging import Pager
from cloud.common.enums import ComputeCapability
from cloud.common.errors import AlreadyExistsError, InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common.models import Image, InstanceType, KeyPair, Quota

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
# What ssh-keygen writes: https://www.rfc-editor.org/rfc/rfc4253#section-6.6
_PUBLIC_KEYS = ("ssh-", "ecdsa-", "sk-")


class ComputeManagement(ComputeCore[O]):
    """The part of the compute template that is not about one instance's life."""

    @final
    def iter_images(
        self,
        *,
        owned: bool = True,
        name: str | None = None,
        page_size: int = PAGE_SIZE,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Image]:
        """Return a listing of the images that instances can be started from.

        Args:
            owned: only those of your account or project. The public ones of a large provider are tens of
                thousands: give `name` with ``owned=False``, or a `limit`.
            name: only of this name.
            page_size: images in one answer, 1 to 1,000.
            limit: at most that many images in all.
            token: where an earlier listing stopped.
        """
        checked_page_size(page_size)
        return Pager(
            lambda at: self._run(
                "iter_images",
                name or "",
                lambda: self._list_images_page(CatalogRequest(owned, name, page_size, at)),
            ),
            token=token,
            limit=limit,
        )

    @final
    def list_images(self, *, owned: bool = True, name: str | None = None) -> list[Image]:
        """Return all images of `iter_images`, of every page."""
        return self.iter_images(owned=owned, name=name).to_list()

    @final
    def iter_instance_types(
        self, *, page_size: int = PAGE_SIZE, limit: int | None = None, token: str | None = None
    ) -> Pager[InstanceType]:
        """Return a listing of the sizes that instances can have here."""
        checked_page_size(page_size)
        return Pager(
            lambda at: self._run(
                "iter_instance_types",
                "",
                lambda: self._list_instance_types_page(
                    CatalogRequest(owned=False, name=None, page_size=page_size, token=at)
                ),
            ),
            token=token,
            limit=limit,
        )

    @final
    def list_instance_types(self) -> list[InstanceType]:
        """Return all instance types, of every page."""
        return self.iter_instance_types().to_list()

    # -- key pairs -----------------------------------------------------------------------------------------
    @final
    def list_key_pairs(self) -> list[KeyPair]:
        """Return all key pairs; needs `ComputeCapability.KEY_PAIRS`."""
        return self._run("list_key_pairs", "", self._key_pairs("list_key_pairs")._list_key_pairs)

    @overload
    def create_key_pair(self, name: str, *, dry_run: Literal[False] = ...) -> KeyPair: ...
    @overload
    def create_key_pair(self, name: str, *, dry_run: Literal[True]) -> None: ...
    @overload
    def create_key_pair(self, name: str, *, dry_run: bool) -> KeyPair | None: ...
    @final
    def create_key_pair(self, name: str, *, dry_run: bool = False) -> KeyPair | None:
        """Return a new key pair with its private key, which the service gives once and does not keep.

        Sent once: when its answer is lost, the key is lost, too. Delete the pair and make another.

        Args:
            name: what `create_instance` takes.
            dry_run: make nothing: return None when the name is free. Needs `ComputeCapability.DRY_RUN`.

        Raises:
            AlreadyExistsError: there is one of that name.
        """
        hooks = self._key_pairs("create_key_pair", dry_run=dry_run)
        checked_text("name", name)
        if dry_run:
            self._check_free("create_key_pair", name, hooks)
            return None
        return self._run("create_key_pair", name, lambda: hooks._create_key_pair(name), idempotent=False)

    @overload
    def import_key_pair(self, name: str, public_key: str, *, dry_run: Literal[False] = ...) -> KeyPair: ...
    @overload
    def import_key_pair(self, name: str, public_key: str, *, dry_run: Literal[True]) -> None: ...
    @overload
    def import_key_pair(self, name: str, public_key: str, *, dry_run: bool) -> KeyPair | None: ...
    @final
    def import_key_pair(self, name: str, public_key: str, *, dry_run: bool = False) -> KeyPair | None:
        """Return a key pair of your own public key. Sent once, so that a taken name is never your own try.

        Args:
            name: what `create_instance` takes.
            public_key: one line as ``ssh-keygen`` writes it: ``ssh-ed25519 AAAA... comment``.
            dry_run: make nothing: return None when the name is free. Needs `ComputeCapability.DRY_RUN`.

        Raises:
            AlreadyExistsError: there is one of that name.
        """
        hooks = self._key_pairs("import_key_pair", dry_run=dry_run)
        checked_text("name", name)
        if not isinstance(public_key, str) or not public_key.startswith(_PUBLIC_KEYS):
            # The text is not shown: it may be the private half.
            raise InvalidRequestError(
                "public_key is no OpenSSH public key", hint="pass the text of the .pub file"
            )
        if dry_run:
            self._check_free("import_key_pair", name, hooks)
            return None
        return self._run(
            "import_key_pair",
            name,
            lambda: hooks._import_key_pair(name, public_key.strip()),
            idempotent=False,
        )

    @final
    def delete_key_pair(self, name: str, *, dry_run: bool = False) -> bool:
        """Make sure that no key pair has this name; False when none had.

        Args:
            name: of the pair.
            dry_run: delete nothing: return what would be returned. Needs `ComputeCapability.DRY_RUN`.
        """
        hooks = self._key_pairs("delete_key_pair", dry_run=dry_run)
        checked_text("name", name)
        if not self._has_key_pair("delete_key_pair", name, hooks):
            return False
        if dry_run:
            return True
        try:
            self._run("delete_key_pair", name, lambda: hooks._delete_key_pair(name))
        except NotFoundError:  # it was there a moment ago: an earlier try, or somebody else, has done it
            return True
        return True

    def _has_key_pair(self, operation: str, name: str, hooks: KeyPairHooks) -> bool:
        return any(pair.name == name for pair in self._run(operation, name, hooks._list_key_pairs))

    def _check_free(self, operation: str, name: str, hooks: KeyPairHooks) -> None:
        if self._has_key_pair(operation, name, hooks):
            raise AlreadyExistsError(
                f"there is a key pair called {name!r}", context=self._runtime.context(operation, name)
            )

    def _key_pairs(self, operation: str, *, dry_run: bool = False) -> KeyPairHooks:
        self._require(ComputeCapability.KEY_PAIRS, operation)
        if dry_run:
            self._require(ComputeCapability.DRY_RUN, operation)
        assert isinstance(self, KeyPairHooks)  # noqa: S101  # whoever declares a capability has its hooks
        return self

    # -- console and quotas --------------------------------------------------------------------------------
    @final
    def get_console_output(self, instance_id: str) -> str:
        """Return what the instance wrote to its serial console; empty when there is nothing yet.

        Needs `ComputeCapability.CONSOLE_OUTPUT`. It is the newest part only, as much as the service keeps. It may
        hold secrets that the instance printed.
        """
        self._require(ComputeCapability.CONSOLE_OUTPUT, "get_console_output")
        assert isinstance(self, ConsoleHooks)  # noqa: S101  # see `_key_pairs`
        checked_text("instance_id", instance_id)
        return self._run("get_console_output", instance_id, lambda: self._console_output(instance_id))

    @final
    def list_quotas(self) -> list[Quota]:
        """Return the limits of the account or project; needs `ComputeCapability.QUOTAS`."""
        self._require(ComputeCapability.QUOTAS, "list_quotas")
        assert isinstance(self, QuotaHooks)  # noqa: S101  # see `_key_pairs`
        return self._run("list_quotas", "", self._list_quotas)

    # -- configuration of `create_resource` ------------------------------------------------------------------
    def _checked_config(self, config: Mapping[str, Any], create: Any) -> dict[str, Any]:
        """Return `config` after checking that `create_instance` takes every name in it."""
        allowed = [
            name for name in inspect.signature(create).parameters if name not in {"self", "name", "dry_run"}
        ]
        for given in config:
            if given not in allowed:
                raise InvalidRequestError(
                    f"an instance takes no {given!r}", hint=f"it takes {', '.join(allowed)}"
                )
        for needed in ("instance_type", "image_id"):
            if needed not in config:
                raise InvalidRequestError(f"an instance needs {needed!r} in its configuration")
        return dict(config)


def checked_page_size(page_size: int) -> None:
    """Refuse a size that no service takes."""
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidRequestError(f"page_size must be 1 to {MAX_PAGE_SIZE}, not {page_size}")
