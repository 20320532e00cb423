"""Keep secrets out of sight: `Secret` holds one, `redact` hides those that stand in free text."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

HIDDEN: Final = "***"
# Far above any key or token that a service issues; reading /dev/zero or a disk image ends here.
MAX_SECRET_FILE_BYTES: Final = 64 * 1024


@final
class Secret:
    """A text that is shown by nothing but `reveal`.

    It is ``***`` in repr, str and format strings, JSON refuses it, and a pickle never holds it. One that is
    a reference (`from_env`, `from_file`) pickles the reference and is read again where it is unpickled; one
    that was given as plain text comes out of a pickle without its value, and `reveal` says so.

    Two secrets are equal when their texts are, compared in constant time.

    Args:
        value: the text.
        variable: the documented environment variable for it, for the advice in error messages only.
    """

    __slots__ = ("_origin", "_value", "_variable")

    def __init__(self, value: str, *, variable: str | None = None) -> None:
        if not isinstance(value, str):
            raise TypeError(f"a secret is a str, not {type(value).__name__}")
        # A closure, not the text: tools that dump slots or `__getstate__` see a function.
        self._value: Callable[[], str] | None = _closure(value)
        self._origin: _Origin | None = None
        self._variable = variable

    @classmethod
    def of(cls, value: str | Secret | None, *, variable: str | None = None) -> Secret | None:
        """Return `value` as a secret; None stays None and a secret stays itself."""
        return cls(value, variable=variable) if isinstance(value, str) else value

    @classmethod
    def from_env(cls, name: str, *, value: str | None = None) -> Secret:
        """Return a reference to the environment variable `name`, read once, when it is first needed.

        Args:
            name: the variable. It may still be unset: `reveal` reports that.
            value: what it is known to hold now; then it is read again only after unpickling.
        """
        return _refer(_Origin("environment variable", name), value)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Secret:
        """Return a reference to the file at `path`, read once, when it is first needed.

        Line breaks at its end are not part of the secret. ``~`` is the home folder, and a relative path is
        taken from the present working folder now, not from the one at the time of reading.
        """
        return _refer(_Origin("file", str(Path(path).expanduser().absolute())), None)

    @property
    def reference(self) -> str | None:
        """Where it is read from, such as ``environment variable MINIO_SECRET``; None for plain text."""
        return f"{self._origin.kind} {self._origin.name}" if self._origin else None

    def reveal(self) -> str:
        """Return the text. Keep it in no attribute and put it in no message.

        Raises:
            ConfigurationError: the variable is not set or empty, the file cannot be read, is empty, is not
                UTF-8 or is longer than 64 KiB, or a pickle left the text behind.
        """
        if self._value is None:
            if self._origin is None:
                advice = f"Secret.from_env({self._variable or 'NAME'!r}) or Secret.from_file(path)"
                raise ConfigurationError(
                    "this secret was given as plain text, and secrets do not travel in pickles",
                    hint=f"give it as a reference, which does: {advice}",
                )
            self._value = _closure(self._origin.read())
        return self._value()

    def __bool__(self) -> bool:
        """Return False for an empty plain text only; a reference is not read."""
        return self._origin is not None or self._value is None or self._value() != ""

    def __eq__(self, other: object) -> bool:
        """Return whether both hold the same text; one that a pickle left empty equals only itself."""
        if not isinstance(other, Secret):
            return NotImplemented
        if self is other or (self._is_unread() and other._is_unread() and self._origin == other._origin):
            return True
        if self._is_lost() or other._is_lost():
            return False
        from hmac import compare_digest

        return compare_digest(_bytes(self.reveal()), _bytes(other.reveal()))

    def __hash__(self) -> int:
        """Return one number for all secrets: a hash of the text would tell something about it."""
        return hash(Secret)

    def __repr__(self) -> str:
        """Return ``***``."""
        return HIDDEN

    def __format__(self, spec: str) -> str:
        """Return ``***``, padded as asked."""
        return format(HIDDEN, spec)

    def __copy__(self) -> Secret:
        """Return itself."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        """Return itself: `dataclasses.asdict` copies deeply."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Secret], tuple[Any, ...]]:
        """Pickle the reference, or nothing."""
        return (_refer, (self._origin, None)) if self._origin else (_lost, (self._variable,))

    def _is_lost(self) -> bool:
        return self._value is None and self._origin is None

    def _is_unread(self) -> bool:
        return self._value is None and self._origin is not None


class HiddenValues(dict[str, str]):
    """Headers whose repr shows the names only: debuggers and tracebacks show the locals of every frame."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the names."""
        return f"{{{', '.join(f'{name!r}: {HIDDEN}' for name in self)}}}"

    def __or__(self, other: Mapping[str, str]) -> HiddenValues:  # type: ignore[override]  # dict's are overloads
        """Return both, hidden."""
        merged = HiddenValues(self)
        merged.update(other)
        return merged

    def __ror__(self, other: Mapping[str, str]) -> HiddenValues:  # type: ignore[override]  # likewise
        """Return both, hidden."""
        merged = HiddenValues(other)
        merged.update(self)
        return merged


class HiddenBytes(bytes):
    """Bytes that hold credentials, such as a request's head; their repr shows none of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return how many there are."""
        return f"<{len(self)} bytes>"

    __str__ = __repr__


class _Origin(NamedTuple):
    """Where a referenced secret is read from."""

    kind: str
    name: str

    def read(self) -> str:
        """Return the text; see `Secret.reveal` for the errors."""
        if self.kind == "file":
            return _read_file(self.name)
        if not os.environ.get(self.name):
            raise ConfigurationError(
                f"the environment variable {self.name} is not set", hint=f"export {self.name}=..."
            )
        return os.environ[self.name]


def _closure(value: str) -> Callable[[], str]:
    return lambda: value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # variables may hold bytes that are not UTF-8


def _refer(origin: _Origin, value: str | None) -> Secret:
    secret = Secret("")
    secret._origin = _Origin(*origin)  # noqa: SLF001  # this module builds its own class
    secret._value = None if value is None else _closure(value)  # noqa: SLF001  # likewise
    return secret


def _lost(variable: str | None) -> Secret:
    secret = Secret("", variable=variable)
    secret._value = None  # noqa: SLF001  # this module builds its own class
    return secret


def _read_file(path: str) -> str:
    # The text and the decoder's error, which carries it, are in no frame and no chain of what is raised.
    try:
        with Path(path).open("rb") as file:
            text = file.read(MAX_SECRET_FILE_BYTES + 1).decode().rstrip("\r\n")
    except OSError as exc:
        raise ConfigurationError(f"the secret file {path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    else:
        if 0 < len(text) <= MAX_SECRET_FILE_BYTES:
            return text
        problem = f"is longer than {MAX_SECRET_FILE_BYTES} bytes" if text else "is empty"
        del text
    raise ConfigurationError(f"the secret file {path} {problem}")


class _Rule(NamedTuple):
    """One shape of a secret: what matches is hidden, but for the groups ``keep`` and ``end``."""

    pattern: str
    reason: str


# A value: quoted up to its quote, or a run that ends where texts, URLs and forms end a value; brackets and
# commas at its end belong to what surrounds it, inside they may belong to a password.
_VALUE = r"""(?P<v>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\?["']?[^\s"'&;<>]*[^\s"'&;<>,)\]}])"""
# What stands between a name and its value in HTTP heads, dicts, JSON, TOML, tuples, forms and URLs.
_IS = r"""\\?["']?\s{0,4}(?:[:=]|,\s{0,2}(?=b?["']))\s{0,4}(?:b(?=["']))?"""
# To the end of the line, also of one that a repr shows as \r\n: several schemes put blanks and commas in.
_LINE = r"""(?P<v>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|["']?(?:(?!\\[rn])[^\r\n"'])+)"""

# No pattern begins with an open-ended run, so that the time stays linear in the length of the text.
_RULES: Final = (
    _Rule(
        r"-----BEGIN (?P<k>[A-Z ]{0,20}PRIVATE KEY)-----.*?(?:-----END (?P=k)-----|\Z)",
        "PEM keys: service account files, TLS client keys",
    ),
    _Rule(
        rf"(?P<keep>(?:proxy-|copy-source-)?authorization{_IS}){_LINE}",
        "HTTP Authorization of every scheme: SigV4, SharedKey, Basic, Bearer",
    ),
    _Rule(
        rf"(?P<keep>(?<![\w-])(?:set-)?cookie{_IS}){_LINE}",
        "session cookies",
    ),
    _Rule(
        rf"(?P<keep>x-(?:auth|subject|service|storage|amz-security|aws-ec2-metadata|goog-iam-authorization)-token{_IS}){_VALUE}",
        "OpenStack and Swift tokens, STS session tokens, IMDS tokens",
    ),
    _Rule(
        rf"(?P<keep>(?:server-side-encryption-customer-key|x-(?:ms|goog)-encryption-key|temp-url-key(?:-2)?|x-api-key){_IS}){_VALUE}",
        "customer encryption keys (SSE-C, CPK, CSEK), Swift TempURL keys, API keys; not their -MD5 and -SHA256",
    ),
    _Rule(
        rf"(?P<keep>(?<![a-z0-9])x-(?:amz|goog)-(?:signature|credential|security-token)(?:=|%3d)){_VALUE}",
        "presigned URLs of S3 and Google: whoever has the signature has the object",
    ),
    _Rule(
        rf"(?P<keep>(?<![a-z0-9])(?:sig|signature|temp_url_sig|awsaccesskeyid|googleaccessid)=){_VALUE}",
        "Azure SAS, S3 signature version 2, Swift TempURL",
    ),
    _Rule(
        r"(?P<keep>(?<![a-z0-9])bearer\s{1,4})[\w.~+/=-]{8,}",
        "bearer tokens quoted in messages without their header",
    ),
    _Rule(
        r"(?P<keep>://)[^\s/?#@\"']{1,512}(?P<end>@)",
        "user:password@ of proxies and endpoints, tokens before the host",
    ),
    _Rule(
        r"(?P<keep>://)[^\s/?#@:\[\"']{1,256}:(?!\d{0,5}(?:[/?#\s]|\Z))[^\s@\"']{1,256}(?P<end>@)",
        "the same with an unescaped slash in the password; not the port of host:9000/a@b",
    ),
    _Rule(
        rf"(?P<keep>(?:secret|passw(?:or)?d|passphrase|private_?key)[\w-]{{0,40}}{_IS}){_VALUE}",
        "assignments in any spelling: aws_secret_access_key, SecretAccessKey, client_secret, OS_PASSWORD",
    ),
    _Rule(
        rf"(?P<keep>(?:(?:account|shared_?access|api|aws_secret|encryption)_?key){_IS}){_VALUE}",
        "AccountKey and SharedAccessKey of Azure connection strings, api_key",
    ),
    _Rule(
        rf"(?P<keep>(?:(?:session|security|api|access|refresh|id|auth|bearer|sas|newsletter|infomaniak)[_-]?token){_IS}){_VALUE}",
        "credential tokens by name; page tokens (next_token, pageToken, continuation-token) are not",
    ),
    _Rule(rf"(?P<keep>(?<![\w-])token{_IS}){_VALUE}", "a plain token= may be one"),
    _Rule(
        r"(?P<keep><(?:secretaccesskey|sessiontoken|secret|password|privatekey)>)[^<]{1,8192}",
        "answers of STS, IAM and Keystone in XML",
    ),
    _Rule(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*", "JSON web tokens, wherever they stand"),
    _Rule(r"\b(?:ya29\.[\w-]{8,}|AIza[\w-]{30,})", "Google access tokens and API keys"),
)


@lru_cache(maxsize=1)
def _compiled() -> tuple[re.Pattern[str], ...]:
    # At first use: compiling takes longer than importing the rest of the library.
    import re

    return tuple(re.compile(rule.pattern, re.IGNORECASE | re.DOTALL) for rule in _RULES)


def _mask(match: re.Match[str]) -> str:
    """Return what stood before the secret, and the mask in the secret's own quotes."""
    groups = match.groupdict()
    value = groups.get("v") or ""
    opening = value[0] if value[:1] in {'"', "'"} else ""
    closing = opening if len(value) > 1 and value[-1] == opening else ""
    return f"{groups.get('keep') or ''}{opening}{HIDDEN}{closing}{groups.get('end') or ''}"


def redact(text: str) -> str:
    """Return `text` with every credential that can be recognised replaced by ``***``.

    It knows secrets by what stands around them (headers, URL parameters, assignments, XML elements) and a few
    by their own shape (PEM keys, JSON web tokens). A bare 40-character AWS secret looks like a SHA-1 and is
    not found: never put one into a message in the first place.
    """
    for pattern in _compiled():
        text = pattern.sub(_mask, text)
    return text
