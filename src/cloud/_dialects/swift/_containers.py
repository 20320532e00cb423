"""What Swift has beyond the contract for containers and accounts: settings, access lists, quotas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, final
from urllib.parse import quote

from cloud._dialects.swift._object_features import SwiftObjectFeatures
from cloud._dialects.swift._segments import MAX_CONTAINER_BYTES, OWNER_HEADER, segments_container
from cloud._dialects.swift._vocabulary import SwiftVocabulary
from cloud.common._storage_core import checked_header, checked_metadata
from cloud.common.errors import InvalidRequestError
from cloud.common.models import FrozenMap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloud._dialects.swift._acl import ContainerAcl
    from cloud._dialects.swift._container_records import AccountInfo, ContainerInfo


class SwiftStorageClient(SwiftObjectFeatures, SwiftVocabulary):
    """The whole storage surface over the Swift protocol, and what only Swift has."""

    # -- account and cluster ---------------------------------------------------------------------------------
    @final
    def validate_connection(self) -> bool:
        """Return True when the credentials may look at their account; raise what is wrong otherwise."""
        self._run("validate_connection", "", lambda: self._head_settings(None))
        return True

    @final
    def get_account_info(self) -> AccountInfo:
        """Return how many containers, objects and bytes the account holds."""
        from cloud._dialects.swift._container_records import account_info

        return self._run("get_account_info", "", lambda: account_info(self._head_settings(None)))

    @final
    def get_cluster_info(self) -> Mapping[str, Any]:
        """Return features and limits of the cluster, such as ``info["swift"]["max_file_size"]``.

        It is asked for once for each client, without a token; empty where the cluster tells nobody.
        https://docs.openstack.org/swift/latest/api/discoverability.html
        """
        return self._run("get_cluster_info", "", lambda: FrozenMap(self._ops.exchange.info()))

    # -- containers ------------------------------------------------------------------------------------------
    @final
    def get_container_metadata(self, bucket: str) -> ContainerInfo:
        """Return what Swift says about the container: sizes, your own pairs, access lists, all settings.

        Raises:
            NotFoundError: there is no such container.
        """
        from cloud._dialects.swift._container_records import container_info

        self._check_bucket(bucket)
        return self._run(
            "get_container_metadata", bucket, lambda: container_info(bucket, self._head_settings(bucket))
        )

    @final
    def set_container_metadata(self, bucket: str, metadata: Mapping[str, str | None]) -> None:
        """Set these pairs of the container and keep the others; None or an empty text removes one.

        Names ignore case; letters, digits and inner hyphens are possible.
        """
        from cloud._dialects.swift._container_records import RESERVED_METADATA

        checked = checked_metadata({name: value or "" for name, value in metadata.items()})
        for name in checked:
            if "_" in name:
                raise InvalidRequestError(f"Swift cannot tell '_' from '-' in the metadata name {name!r}")
            if name.startswith(RESERVED_METADATA):
                raise InvalidRequestError(
                    f"the metadata name {name!r} means something here; settings have methods of their own"
                )
        headers = {f"x-container-meta-{name}": value or None for name, value in checked.items()}
        self._configure("set_container_metadata", bucket, headers)

    @final
    def get_container_read_acl(self, bucket: str) -> ContainerAcl:
        """Return who else may read; empty also when the credentials do not own the container."""
        return self.get_container_metadata(bucket).read_acl

    @final
    def get_container_write_acl(self, bucket: str) -> ContainerAcl:
        """Return who else may write; empty also when the credentials do not own the container."""
        return self.get_container_metadata(bucket).write_acl

    @final
    def set_container_read_acl(self, bucket: str, acl: ContainerAcl | str | None) -> None:
        """Replace the list of who else may read, also for the container of the segments of large objects.

        Args:
            acl: a `ContainerAcl`, such as ``ContainerAcl(public=True, listing=True)``, or Swift's own words,
                such as ``.r:*,.rlistings``; None or an empty text for nobody else.
        """
        from cloud._dialects.swift._acl import checked_acl

        self._set_acl("set_container_read_acl", bucket, {"x-container-read": checked_acl(acl) or None})

    @final
    def set_container_write_acl(self, bucket: str, acl: ContainerAcl | str | None) -> None:
        """Replace the list of who else may write and delete objects, also for the segments of large ones.

        Args:
            acl: a `ContainerAcl` with `grants` only, or Swift's own words, such as ``project:user``; None or
                an empty text for nobody else.
        """
        from cloud._dialects.swift._acl import checked_acl

        self._set_acl(
            "set_container_write_acl", bucket, {"x-container-write": checked_acl(acl, write=True) or None}
        )

    def _set_acl(self, operation: str, bucket: str, headers: Mapping[str, str | None]) -> None:
        """Set an access list of the container, and of the one that holds the segments of its large objects."""
        self._configure(operation, bucket, headers)
        segments = segments_container(bucket)
        if len(segments.encode()) > MAX_CONTAINER_BYTES:
            return  # there can be none
        look = partial(self._ops.exchange.call, "HEAD", segments, accepts=(200, 204, 404))
        with self._run(operation, segments, look) as response:
            is_ours = response.headers.get(OWNER_HEADER) == quote(bucket, safe="")
        if is_ours:  # not just another container of that name
            self._configure(operation, segments, headers)

    @final
    def set_container_quota(
        self, bucket: str, *, max_bytes: int | None = None, max_objects: int | None = None
    ) -> None:
        """Limit the container, or lift the limits; what would pass them raises QuotaExceededError.

        Swift compares with counts that are up to a minute old, so a burst may pass a limit by a little. The
        segments of large objects are in a container of their own and count there.

        Args:
            max_bytes: most bytes in all objects; None for no limit.
            max_objects: most objects; None for no limit.
        """
        for name, value in (("max_bytes", max_bytes), ("max_objects", max_objects)):
            if value is not None and value < 0:
                raise InvalidRequestError(f"{name} must not be negative, not {value}")
        self._configure(
            "set_container_quota",
            bucket,
            {
                "x-container-meta-quota-bytes": _text(max_bytes),
                "x-container-meta-quota-count": _text(max_objects),
            },
        )

    @final
    def get_bucket_versioning(self, bucket: str) -> bool:
        """Return whether the container keeps a version of everything that is written to it."""
        return self.get_container_metadata(bucket).versions_enabled

    @final
    def set_bucket_versioning(self, bucket: str, *, enabled: bool) -> None:
        """Start keeping versions, or stop (what was kept stays).

        https://docs.openstack.org/swift/latest/api/object_versioning.html
        """
        self._configure("set_bucket_versioning", bucket, {"x-versions-enabled": str(enabled).lower()})
        self._ops.large.forget(bucket)

    @final
    def set_static_site(
        self,
        bucket: str,
        *,
        index: str | None = None,
        error: str | None = None,
        listings: bool = False,
        listings_css: str | None = None,
    ) -> None:
        """Let browsers see the container as a site; without arguments it is none any more.

        Give everybody the right to read as well: ``set_container_read_acl(bucket, ".r:*,.rlistings")``.
        https://docs.openstack.org/swift/latest/middleware.html#staticweb

        Args:
            index: name of the page for a path that ends in a slash, such as ``index.html``.
            error: end of the name of error pages: ``error.html`` shows ``404error.html`` for a 404.
            listings: show what is in a folder without an index.
            listings_css: path of a style sheet for those.
        """
        settings = {
            "index": index,
            "error": error,
            "listings": "true" if listings else None,
            "listings-css": listings_css,
        }
        for name, value in settings.items():
            checked_header(name, value)
        self._configure(
            "set_static_site",
            bucket,
            {f"x-container-meta-web-{name}": value for name, value in settings.items()},
        )

    @final
    def set_container_cors(
        self,
        bucket: str,
        *,
        origins: Sequence[str] = (),
        expose_headers: Sequence[str] = (),
        max_age_seconds: int | None = None,
    ) -> None:
        """Let scripts of other origins read the container's answers; without arguments none may.

        https://docs.openstack.org/swift/latest/cors.html

        Args:
            origins: such as ``https://app.example.com``, or ``*`` for all.
            expose_headers: further headers of answers that scripts may see.
            max_age_seconds: how long a browser may remember this; None for its own default.
        """
        for word in (*origins, *expose_headers):
            if not checked_header("a CORS value", word) or len(word.split()) != 1:
                raise InvalidRequestError(f"a CORS value is one word, not {word!r}")
        if max_age_seconds is not None and max_age_seconds < 0:
            raise InvalidRequestError(f"max_age_seconds must not be negative, not {max_age_seconds}")
        settings = {
            "allow-origin": " ".join(origins) or None,
            "expose-headers": " ".join(expose_headers) or None,
            "max-age": _text(max_age_seconds),
        }
        self._configure(
            "set_container_cors",
            bucket,
            {f"x-container-meta-access-control-{name}": value for name, value in settings.items()},
        )

    def _configure(self, operation: str, bucket: str, headers: Mapping[str, str | None]) -> None:
        """Set headers of the container; None removes one."""
        self._check_bucket(bucket)
        sent = _set_or_remove(headers)
        self._run(operation, bucket, lambda: self._post_settings(bucket, sent))


def _set_or_remove(headers: Mapping[str, str | None]) -> dict[str, str]:
    """Return headers that set what has a value, and remove the rest.

    A removal is ``X-Remove-...``: an empty value does not come through every gateway.
    """
    return {
        (name if value is not None else f"x-remove-{name[2:]}"): "x" if value is None else value
        for name, value in headers.items()
    }


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
