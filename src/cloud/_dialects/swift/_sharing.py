"""Signed URLs and forms, and the keys that they are signed with."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, final

from cloud._dialects.swift._objects import is_static_large
from cloud._dialects.swift._store import SwiftObjectStore
from cloud._dialects.swift._tempurl import (
    DEFAULT_DIGEST,
    MAX_EXPIRES_SECONDS,
    KeyCache,
    TempUrlSigner,
    choose_digest,
)
from cloud.common._redact import HiddenValues, Secret
from cloud.common._storage_core import checked_header
from cloud.common._storage_types import PresignHooks
from cloud.common.errors import (
    ConfigurationError,
    InvalidRequestError,
    ServiceUnavailableError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.common._records import PresignedPost, PresignedUrl
    from cloud.common._storage_types import PresignRequest

_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_KEY_BYTES = 32
Scope = Literal["account", "container"]


class SwiftSharing(SwiftObjectStore, PresignHooks):
    """What lets others read and write single objects without a token."""

    max_presign_seconds = MAX_EXPIRES_SECONDS

    @cached_property
    def _known_keys(self) -> KeyCache:
        return KeyCache()

    # -- hook ------------------------------------------------------------------------------------------------
    def _presign(self, request: PresignRequest) -> PresignedUrl:
        if request.version_id is not None:
            raise UnsupportedOperationError("TempURL reads and deletes the newest version only")
        from cloud.common._records import PresignedUrl

        bucket, key, method = request.bucket, request.key, request.method
        expires_at = int(self._now()) + request.expires_in
        return PresignedUrl(self._url_signer(bucket, key, method).url(method, bucket, key, expires_at))

    # -- URLs and forms --------------------------------------------------------------------------------------
    @final
    def generate_temp_url(
        self,
        bucket: str,
        key: str,
        *,
        method: str = "GET",
        expires_in: int = 3600,
        prefix: str | None = None,
        ip_range: str | None = None,
        filename: str | None = None,
        inline: bool = False,
        scope: Scope | None = None,
    ) -> str:
        """Return a TempURL: what `generate_presigned_url` gives, with everything that Swift can add.

        The URL is a secret: whoever has it may do what it says. A DELETE of a large object removes what ties
        its segments together, and leaves them.

        Args:
            method: GET, HEAD, PUT, POST or DELETE; a URL for GET, PUT or POST is good for HEAD, too.
            expires_in: seconds from now, up to ten years. Removing the key ends it earlier.
            prefix: good for every key that begins so, of which `key` is one: change the path, keep the query.
            ip_range: only from this address or network, such as ``192.0.2.0/24``.
            filename: name under which a browser saves the answer; by default the key's last part.
            inline: a browser shows the answer instead of saving it.
            scope: whose key signs. None takes the container's, or the account's where it has none or where
                a large object is read: a container's key does not open the container of its segments (409).
                With `prefix` nobody knows what will be read, so say ``"account"`` if that may be large.
        """
        self._check_key(bucket, key)
        if method not in _METHODS:
            raise InvalidRequestError(f"method must be one of {', '.join(_METHODS)}, not {method!r}")
        _check_expiry(expires_in)
        return self._run(
            "generate_temp_url",
            f"{bucket}/{key}",
            lambda: self._url_signer(bucket, None if prefix is not None else key, method, scope).url(
                method,
                bucket,
                key,
                int(self._now()) + expires_in,
                prefix=prefix,
                ip_range=ip_range,
                filename=filename,
                inline=inline,
            ),
        )

    @final
    def generate_form_post(
        self,
        bucket: str,
        prefix: str = "",
        *,
        max_size: int,
        max_count: int = 1,
        expires_in: int = 3600,
        redirect: str | None = None,
    ) -> PresignedPost:
        """Return a form by which a browser uploads files; each becomes `prefix` + the sender's file name.

        Swift's FormPost leaves the name's end to the sender, so a form for one exact key does not exist here
        (`generate_presigned_post` is unsupported). Give every form a prefix of its own.

        Args:
            prefix: what the new keys begin with.
            max_size: largest file in bytes.
            max_count: most files in one submission.
            expires_in: seconds from now, up to ten years.
            redirect: where the browser goes afterwards, with ``status`` and ``message`` in the query.
        """
        self._check_bucket(bucket)
        if prefix:
            self._check_key(bucket, prefix)
        if max_size < 1 or max_count < 1:
            raise InvalidRequestError(
                f"max_size and max_count must be at least 1, not {max_size}, {max_count}"
            )
        _check_expiry(expires_in)
        if redirect is not None:
            checked_header("redirect", redirect)

        def sign() -> PresignedPost:
            from cloud.common._records import PresignedPost

            expires_at = int(self._now()) + expires_in
            url, fields = self._signer(bucket, "formpost")[0].form(
                bucket,
                prefix,
                expires_at,
                max_file_size=max_size,
                max_file_count=max_count,
                redirect=redirect or "",
            )
            moment = datetime.fromtimestamp(expires_at, timezone.utc)
            return PresignedPost(url=url, fields=fields, expires_at=moment)

        return self._run("generate_form_post", f"{bucket}/{prefix}", sign)

    # -- keys ------------------------------------------------------------------------------------------------
    @final
    def set_temp_url_key(self, bucket: str | None = None, key: str | Secret | None = None) -> Secret:
        """Set the key that URLs and forms are signed with, and return it. What the one before signed ends.

        Swift's proxies notice within about a minute. To keep old URLs good use `rotate_temp_url_key`.

        Args:
            bucket: the container whose URLs it is for; None for the whole account: such a key can sign for
                every object of the project, so prefer one for each container.
            key: the key, printable ASCII; None makes one of 256 random bits.
        """
        key = Secret.of(key)  # no plain text stays in this frame
        return self._replace_key("set_temp_url_key", bucket, key, None)

    @final
    def rotate_temp_url_key(self, bucket: str | None = None, key: str | Secret | None = None) -> Secret:
        """Sign with a new key from now on and return it; what the present one signed stays good.

        Swift keeps two keys: the present one becomes the second, and what the former second one had signed
        ends. Rotate twice, more than your longest `expires_in` apart, to be rid of a key.

        Args:
            bucket: the container; None for the account.
            key: the new key; None makes one of 256 random bits.
        """
        key = Secret.of(key)  # no plain text stays in this frame
        self._check_scope(bucket)
        present = self._run("rotate_temp_url_key", bucket or "", lambda: self._read_keys(bucket)[0])
        return self._replace_key("rotate_temp_url_key", bucket, key, present)

    @final
    def remove_temp_url_keys(self, bucket: str | None = None) -> None:
        """Remove both keys: every URL and form that they signed ends within about a minute.

        Args:
            bucket: the container; None for the account.
        """
        self._check_scope(bucket)
        kind = _kind(bucket)
        headers = {f"x-remove-{kind}-meta-temp-url-key{number}": "x" for number in ("", "-2")}
        self._run("remove_temp_url_keys", bucket or "", lambda: self._post_settings(bucket, headers))
        self._known_keys.put(bucket or "", None)

    def _replace_key(
        self, operation: str, bucket: str | None, key: Secret | None, second: Secret | None
    ) -> Secret:
        self._check_scope(bucket)
        new = _random_key() if key is None else key
        if not _is_possible_key(new):
            raise InvalidRequestError("a TempURL key is printable ASCII text without outer spaces")
        name = f"x-{_kind(bucket)}-meta-temp-url-key"
        headers = HiddenValues({name: new.reveal()})
        if second is not None:
            headers[f"{name}-2"] = second.reveal()
        self._run(operation, bucket or "", lambda: self._post_settings(bucket, headers))
        self._known_keys.put(bucket or "", new)
        return new

    def _check_scope(self, bucket: str | None) -> None:
        if bucket is not None:
            self._check_bucket(bucket)

    # -- requests --------------------------------------------------------------------------------------------
    def _post_settings(self, bucket: str | None, headers: Mapping[str, str]) -> None:
        """Change settings of a container, or of the account."""
        self._ops.exchange.call("POST", bucket or "", headers=headers, accepts=(202, 204)).close()

    def _head_settings(self, bucket: str | None) -> Mapping[str, str]:
        """Return the headers that describe a container, or the account.

        Captive portals and broken gateways answer 200 to everything; every answer of Swift has these counts.
        """
        told = "x-account-container-count" if bucket is None else "x-container-object-count"
        with self._ops.exchange.call("HEAD", bucket or "", accepts=(200, 204)) as response:
            if told not in response.headers:
                raise ServiceUnavailableError(f"the answer has no {told}: this was not a Swift service")
            return HiddenValues(response.headers)

    def _read_keys(self, bucket: str | None) -> tuple[Secret | None, Secret | None]:
        """Return the first and the second key of a container, or of the account."""
        headers = self._head_settings(bucket)
        name = f"x-{_kind(bucket)}-meta-temp-url-key"
        return Secret.of(headers.get(name) or None), Secret.of(headers.get(f"{name}-2") or None)

    def _read_key(self, bucket: str | None) -> Secret | None:
        """Return a key that Swift takes for a container, or for the account; None where it has none."""
        first, second = self._read_keys(bucket)
        return first or second

    def _url_signer(
        self, bucket: str, key: str | None, method: str, scope: Scope | None = None
    ) -> TempUrlSigner:
        """Return what signs a URL, with a key that works for the object.

        A container's key opens that container only. The segments of a large object are in another, so that
        Swift answers 409 to who reads it with such a key.
        """
        signer, is_containers = self._signer(bucket, "tempurl", scope)
        if not is_containers or method != "GET" or scope is not None or key is None:
            return signer
        if not self._is_large(bucket, key):
            return signer
        return self._signer(bucket, "tempurl", "account")[0]

    def _is_large(self, bucket: str, key: str) -> bool:
        with self._ops.exchange.call("HEAD", bucket, key, accepts=(200, 404)) as response:
            return is_static_large(response.headers) or "x-object-manifest" in response.headers

    def _signer(self, bucket: str, feature: str, scope: Scope | None = None) -> tuple[TempUrlSigner, bool]:
        """Return what signs for `bucket`, and whether it does so with the container's own key."""
        exchange, options = self._ops.exchange, self._setup.options
        key, digest, is_containers = Secret.of(options.temp_url_key), options.temp_url_digest, False
        if key is None:
            key, is_containers = self._stored_key(bucket, scope)
            if digest is None:
                digest = self._allowed_digest(feature)
        origin, path = exchange.storage_url()
        return TempUrlSigner(origin, path, key, digest or DEFAULT_DIGEST), is_containers

    def _stored_key(self, bucket: str, scope: Scope | None) -> tuple[Secret, bool]:
        """Return the container's key, or the account's where it has none; and which of them it is."""
        for place in (bucket, None):
            if scope is not None and scope != _kind(place):
                continue
            found = self._known_keys.get(place or "", partial(self._read_key, place))
            if found is not None:
                return found, place is not None
        if scope == "account":
            raise ConfigurationError(
                "the account has no TempURL key that you may see, and a large object needs it: its segments"
                " are in a container of their own",
                hint="client.set_temp_url_key() makes one",
            )
        raise ConfigurationError(
            f"the container {bucket!r} has no TempURL key that you may see, nor has the account",
            hint=f"client.set_temp_url_key({bucket!r}) makes one for the container",
        )

    def _allowed_digest(self, feature: str) -> str:
        info = self._ops.exchange.info()
        if not info:
            return DEFAULT_DIGEST  # the cluster tells nobody what it can
        if feature not in info:
            raise UnsupportedOperationError(f"this cluster has no {feature}")
        return choose_digest(info[feature].get("allowed_digests"))


def _random_key() -> Secret:
    import secrets  # not what a client that only signs should pay for

    return Secret(secrets.token_urlsafe(_KEY_BYTES))


def _is_possible_key(key: Secret) -> bool:
    text = key.reveal()
    return bool(text) and text.isascii() and text.isprintable() and text == text.strip()


def _kind(bucket: str | None) -> str:
    return "account" if bucket is None else "container"


def _check_expiry(expires_in: int) -> None:
    if not 1 <= expires_in <= MAX_EXPIRES_SECONDS:
        raise InvalidRequestError(f"expires_in must be 1 to {MAX_EXPIRES_SECONDS} seconds, not {expires_in}")
