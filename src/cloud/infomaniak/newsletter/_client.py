"""The client of Infomaniak's newsletter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cloud._dialects.rest._errors import RestRetryPolicy
from cloud._dialects.rest._limits import Window, WindowedLimiter
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
from cloud.common.models import CloudResource
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._older import OlderNames
from cloud.infomaniak.newsletter._reports import ReportCalls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from cloud.common._observe import Observer
    from cloud.common._ratelimit import Limiter
    from cloud.common._retry import RetryPolicy
    from cloud.infomaniak.newsletter._records import Campaign

BASE_URL: Final = "https://api.infomaniak.com"
TOKEN_VARIABLE: Final = "INFOMANIAK_NEWSLETTER_TOKEN"  # noqa: S105  # the name of a variable
ID_VARIABLE: Final = "INFOMANIAK_NEWSLETTER_ID"
# https://developer.infomaniak.com/getting-started: 60 requests a minute.
_WINDOWS: Final = {"minute": Window(60, 60.0)}
# The waits after a 429 without Retry-After must together outlast the minute: at least 7.5 + 15 + 30 + 30 s.
_PATIENCE_SECONDS: Final = 15.0
_CONFIG: Final = (
    "sender_email",
    "sender_name",
    "content_html",
    "mailing_list_id",
    "recipients",
    "lang",
    "preheader",
    "template_id",
)


class InfomaniakNewsletterClient(OlderNames, ReportCalls, CloudClient):
    """Infomaniak's newsletter: campaigns, subscribers, groups, segments, fields, templates, webforms, credits.

    https://developer.infomaniak.com/docs/api lists the calls under "Newsletter". Making a client sends nothing.
    Safe between threads and after a fork; it pickles without its token.

    All clients of one token in this process keep its limit together, 60 requests a minute: a call waits until it
    may be sent. `send_campaign`, `schedule_campaign` and test mails are sent once: where the answer is lost they
    raise `OutcomeUnknownError`, and no second mail goes out.

    Args:
        token: bearer token with the scope of the newsletter, or credentials that hold one. Otherwise
            INFOMANIAK_NEWSLETTER_TOKEN.
        newsletter_id: id of the newsletter domain, a number. Otherwise INFOMANIAK_NEWSLETTER_ID.
        base_url: where the API is; the token is sent there and to no other place.
        credentials: instead of `token`.
        endpoint_url: another name of `base_url`.
        timeout: seconds without progress before a call fails, or (connect, read); 10 and 60 by default.
        retry: when failed calls are tried again.
        limits: instead of the limit of 60 requests a minute.
        observers: told of every try.

    Raises:
        ConfigurationError: token or id are missing, or `base_url` cannot work.
    """

    resource_types: ClassVar[frozenset[ResourceType]] = frozenset({ResourceType.NEWSLETTER})

    def __init__(
        self,
        token: str | Secret | CloudCredentials | None = None,
        newsletter_id: int | str | None = None,
        base_url: str = BASE_URL,
        *,
        credentials: CloudCredentials | None = None,
        endpoint_url: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        retry: RetryPolicy | None = None,
        limits: Limiter | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        # Rebound before anything can raise: no traceback that shows locals shows it.
        token = Secret(token, variable=TOKEN_VARIABLE) if isinstance(token, str) else token
        secret = _token(token, credentials)
        number = _newsletter_id(newsletter_id)
        super().__init__(
            secret,
            number,
            base_url=endpoint_url or base_url,
            timeout=timeout,
            retry=retry or RestRetryPolicy(rate_limited_base_seconds=_PATIENCE_SECONDS),
            limits=limits or WindowedLimiter("infomaniak-api", _WINDOWS, lambda _: "minute", secret),
            observers=observers,
            arguments={
                "token": secret,
                "newsletter_id": number,
                "base_url": endpoint_url or base_url,
                "timeout": timeout,
                "retry": retry,
                "limits": limits,
                "observers": tuple(observers),
            },
        )

    def __repr__(self) -> str:
        """Return the id and the place; never the token. It works while the client is being refused, too."""
        made = vars(self)
        host = made["_exchange"].origin.host if hasattr(made.get("_exchange"), "origin") else None
        return f"InfomaniakNewsletterClient(newsletter_id={made.get('_domain_id')}, host={host!r})"

    @classmethod
    def from_env(cls, *, base_url: str = BASE_URL) -> Self:
        """Return a client of INFOMANIAK_NEWSLETTER_TOKEN and INFOMANIAK_NEWSLETTER_ID.

        Raises:
            ConfigurationError: one of them is not set.
        """
        return cls(base_url=base_url)

    @classmethod
    def from_credentials(
        cls, token: str | Secret, newsletter_id: int | str, base_url: str = BASE_URL
    ) -> Self:
        """Return a client of a token and the id of a newsletter domain."""
        token = Secret(token, variable=TOKEN_VARIABLE) if isinstance(token, str) else token
        return cls(token, newsletter_id, base_url)

    # -- every client's words ----------------------------------------------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return all campaigns as resources; an empty list for a type other than NEWSLETTER."""
        if resource_type not in {None, ResourceType.NEWSLETTER}:
            return []
        return [self._resource(campaign) for campaign in self.iter_campaigns()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the campaign with this id as a resource, or None when there is none."""
        if v.number(id) is None:
            return None  # ids of campaigns are numbers: it is one of another client's
        try:
            return self._resource(self.get_campaign(id))
        except NotFoundError:
            self._prove_domain()
            return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return a new campaign, a draft, as a resource. Subjects need not be unique.

        Args:
            name: its subject.
            resource_type: NEWSLETTER.
            config: arguments of `create_campaign`: ``sender_email`` and ``sender_name``, and if you like
                ``content_html``, ``mailing_list_id``, ``recipients``, ``lang``, ``preheader``, ``template_id``.
        """
        if resource_type is not ResourceType.NEWSLETTER:
            raise UnsupportedOperationError(
                f"a newsletter makes campaigns (NEWSLETTER), not {resource_type.name}", request_sent=False
            )
        unknown = sorted(set(config) - set(_CONFIG))
        missing = [key for key in ("sender_email", "sender_name") if key not in config]
        if unknown or missing:
            said = f"config has no {', '.join(missing)}" if missing else f"unknown: {', '.join(unknown)}"
            raise InvalidRequestError(said, hint=f"config takes {', '.join(_CONFIG)}", request_sent=False)
        return self._resource(self.create_campaign(name, **config))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Make sure that the campaign is gone; False when there was none."""
        return False if v.number(id) is None else self.delete_campaign(id)

    def _resource(self, campaign: Campaign) -> CloudResource:
        return CloudResource(
            id=str(campaign.id),
            name=campaign.subject,
            resource_type=ResourceType.NEWSLETTER,
            provider=CloudProvider.INFOMANIAK,
            status=campaign.raw_status,
            created_at=campaign.created_at,
            metadata=v.frozen(
                {
                    "sender_email": campaign.sender_email,
                    "sender_name": campaign.sender_name,
                    "lang": campaign.lang,
                    "newsletter_id": self.newsletter_id,
                }
            ),
            raw=campaign.raw,
        )


def _token(token: Secret | CloudCredentials | None, credentials: CloudCredentials | None) -> Secret:
    """Return the token that was given, or that of the credentials, or of the environment."""
    if isinstance(token, CloudCredentials):
        token, credentials = None, token
    if token is not None and credentials is not None:
        raise ConfigurationError("give either token or credentials", request_sent=False)
    if credentials is not None:
        if credentials.provider is not CloudProvider.INFOMANIAK:
            raise ConfigurationError(
                f"the credentials are for {credentials.provider.value}, not for infomaniak",
                request_sent=False,
            )
        token = credentials.token
    elif token is None and os.environ.get(TOKEN_VARIABLE):
        token = Secret.from_env(TOKEN_VARIABLE)
    if not token:
        raise ConfigurationError(
            "there is no token", hint=f"pass it, or set {TOKEN_VARIABLE}", request_sent=False
        )
    return token


def _newsletter_id(given: int | str | None) -> int:
    text = os.environ.get(ID_VARIABLE) if given is None else given
    if text is None or text == "":
        raise ConfigurationError(
            "there is no newsletter_id",
            hint=f"pass the id of the newsletter domain, a number, or set {ID_VARIABLE}",
            request_sent=False,
        )
    number = v.number(text)
    if number is None or number < 1 or isinstance(text, float):
        raise ConfigurationError(
            f"newsletter_id is {text!r}; it is the number of the newsletter domain", request_sent=False
        )
    return number
