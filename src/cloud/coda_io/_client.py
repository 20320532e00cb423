"""The client of Coda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloud.coda_io._analytics import AnalyticsOperations
from cloud.coda_io._docs import DocOperations
from cloud.coda_io._limits import CodaLimits, limiter_of
from cloud.coda_io._pack_listings import PackListingOperations
from cloud.coda_io._pack_logs import PackLogOperations
from cloud.coda_io._packs import PackOperations
from cloud.coda_io._pages import PageOperations
from cloud.coda_io._rows import RowOperations
from cloud.coda_io._sharing import SharingOperations
from cloud.coda_io._tables import TableOperations
from cloud.coda_io._workspaces import WorkspaceOperations
from cloud.common._redact import Secret
from cloud.common.contracts import CloudClient
from cloud.common.credentials import CloudCredentials
from cloud.common.enums import CloudProvider, ResourceType
from cloud.common.errors import (
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from cloud.coda_io._doc_records import Doc
    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.common.models import CloudResource

DEFAULT_BASE_URL: Final = "https://coda.io/apis/v1"
"""The API's own ``servers``; https://docs.superhuman.com/apis/v1 is the same one."""
_NEW_DOC: Final = frozenset({"source_doc", "timezone", "folder_id", "initial_page"})


class CodaClient(
    DocOperations,
    PageOperations,
    TableOperations,
    RowOperations,
    SharingOperations,
    WorkspaceOperations,
    AnalyticsOperations,
    PackOperations,
    PackListingOperations,
    PackLogOperations,
    CloudClient,
):
    """Docs, pages, tables and rows of Coda.

    Making one sends nothing. Safe between threads and after a fork; it pickles without its token. Listings are
    lazy and go over all pages; changes return a `Mutation` to wait for; the service's rate limits are kept by
    all clients of a token in this process together.

    Args:
        api_token: from https://coda.io/account; or credentials. Otherwise the profile's, or CODA_API_TOKEN.
        base_url: where the API is; the token goes to no other host.
        credentials: credentials with a `token`.
        profile: a profile of ``config.toml`` (see `CloudConfig`).
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry: when failed calls are tried again. By default as `RetryPolicy`, but 6 to 60 s after a 429.
        limits: how fast to send, a `CodaLimits`; or a limiter of your own.
        observers: told of every try.
    """

    def __init__(
        self,
        api_token: str | Secret | CloudCredentials | None = None,
        base_url: str | None = None,
        *,
        credentials: CloudCredentials | None = None,
        profile: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: CodaLimits | Limiter | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        explicit = _explicit(api_token, credentials)
        del api_token  # so that no traceback shows it
        login, place = _resolve(explicit, profile)
        limits = CodaLimits() if limits is None else limits
        super().__init__(
            login.token,
            base_url=base_url or place or DEFAULT_BASE_URL,
            timeout=timeout,
            retry=retry,
            limits=limiter_of(limits, login.token) if isinstance(limits, CodaLimits) else limits,
            observers=observers,
            arguments={
                "credentials": explicit,
                "base_url": base_url,
                "profile": profile,
                "timeout": timeout,
                "retry": retry,
                "limits": limits,
                "observers": tuple(observers),
            },
        )

    @classmethod
    def from_env(cls, *, base_url: str | None = None) -> Self:
        """Return a client of the token in CODA_API_TOKEN.

        Raises:
            ConfigurationError: it is not set.
        """
        return cls(CloudCredentials.from_env(CloudProvider.CODA), base_url)

    def __repr__(self) -> str:
        """Return the address; never the token."""
        return f"CodaClient({self._exchange.origin.host_header})"

    # -- CloudClient: docs are the resources -------------------------------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return all docs as resources; an empty list for every type but DOCUMENT."""
        if resource_type not in {None, ResourceType.DOCUMENT}:
            return []
        return [_resource(doc) for doc in self.list_docs()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the doc with this id, or None."""
        try:
            return _resource(self.get_doc(id))
        except NotFoundError:
            return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the doc that was made. Titles need not be unique: one of that name may be there already.

        Args:
            name: its title.
            resource_type: `ResourceType.DOCUMENT`.
            config: ``source_doc``, ``timezone``, ``folder_id``, ``initial_page``: see `create_doc`.
        """
        if resource_type is not ResourceType.DOCUMENT:
            raise UnsupportedOperationError(f"this client makes docs, not {resource_type.value}")
        unknown = set(config) - _NEW_DOC
        if unknown:
            raise InvalidRequestError(f"a doc takes {', '.join(sorted(_NEW_DOC))}, not {min(unknown)!r}")
        return _resource(self.create_doc(name, **config))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Delete the doc with this id; False when there was none."""
        try:
            self.delete_doc(id)
        except NotFoundError:
            return False
        return True


def _explicit(
    api_token: str | Secret | CloudCredentials | None, credentials: CloudCredentials | None
) -> CloudCredentials | None:
    """Return what was given to the constructor as credentials."""
    if api_token is None:
        return credentials
    if credentials is not None:
        raise InvalidRequestError("api_token and credentials exclude each other")
    if isinstance(api_token, CloudCredentials):
        return api_token
    if not isinstance(api_token, str | Secret):
        raise InvalidRequestError("api_token is a text, a Secret or CloudCredentials")
    return CloudCredentials(CloudProvider.CODA, token=api_token)


def _resolve(
    credentials: CloudCredentials | None, profile: str | None
) -> tuple[CloudCredentials, str | None]:
    """Return the credentials to use, and the address that their profile names."""
    place = None
    if profile is not None:
        from cloud.common.config import CloudConfig

        found = CloudConfig.load().profile(profile)
        if found.provider is not CloudProvider.CODA:
            raise ConfigurationError(f"the profile {profile!r} is of {found.provider.value}, not of coda")
        place = found.endpoint_url
        credentials = credentials or found.credentials()
    credentials = credentials or CloudCredentials.from_env(CloudProvider.CODA)
    if credentials.provider is not CloudProvider.CODA:
        raise ConfigurationError(f"these credentials are of {credentials.provider.value}, not of coda")
    if credentials.token is None:
        raise ConfigurationError("these credentials hold no token", hint="CloudCredentials(CODA, token=...)")
    return credentials, place


def _resource(doc: Doc) -> CloudResource:
    from cloud.common._records import CloudResource
    from cloud.common.models import FrozenMap

    facts = {
        "browser_link": doc.browser_link,
        "owner": doc.owner,
        "folder_id": doc.folder_id,
        "workspace_id": doc.workspace_id,
    }
    return CloudResource(
        id=doc.id,
        name=doc.name,
        resource_type=ResourceType.DOCUMENT,
        provider=CloudProvider.CODA,
        created_at=doc.created_at,
        metadata=FrozenMap({name: value for name, value in facts.items() if value is not None}),
        raw=doc.raw,
    )
