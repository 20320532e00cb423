"""What Keystone says about who you are and what you may do, typed.

https://docs.openstack.org/api-ref/identity/v3/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common._redact import Secret
from cloud.common.models import Record
from cloud.infomaniak._planning import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class User(Record):
    """One user.

    Attributes:
        id: Keystone's id.
        name: login name (``PCU-XXXXXX``).
        domain_id: the domain that the name is unique in.
        domain_name: its name; None where the service does not say.
        email: address; None where the service does not say.
        description: free text.
        default_project_id: project of a login that names none.
        is_enabled: whether the user may log in; None where the service does not say.
        password_expires_at: when the password ends; None for never.
        raw: the service's own record.
    """

    id: str
    name: str
    domain_id: str | None = None
    domain_name: str | None = None
    email: str | None = None
    description: str | None = None
    default_project_id: str | None = None
    is_enabled: bool | None = None
    password_expires_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Project(Record):
    """One project, which resources and bills belong to.

    Attributes:
        id: Keystone's id.
        name: its name (``PCP-XXXXXX``).
        domain_id: the domain that the name is unique in.
        domain_name: its name; None where the service does not say.
        description: free text.
        parent_id: the project above it.
        is_enabled: whether it can be used; None where the service does not say.
        tags: labels.
        raw: the service's own record.
    """

    id: str
    name: str
    domain_id: str | None = None
    domain_name: str | None = None
    description: str | None = None
    parent_id: str | None = None
    is_enabled: bool | None = None
    tags: tuple[str, ...] = ()
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Role(Record):
    """One role: what whoever has it may do.

    Attributes:
        id: Keystone's id.
        name: such as ``member``, ``reader``, ``load-balancer_member``, ``SwiftOperator``.
        description: free text.
    """

    id: str
    name: str
    description: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessRule(Record):
    """One kind of request that an application credential is limited to.

    Attributes:
        service: type of the service, such as ``compute``.
        method: HTTP method, such as ``GET``.
        path: path with ``*`` for one part and ``**`` for any rest, such as ``/v2.1/servers/**``.
        id: Keystone's id; None before it is made.
    """

    service: str
    method: str
    path: str
    id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationCredential(Record):
    """One application credential: a login to one project that needs no user's password.

    Attributes:
        id: what to log in with, besides the secret.
        name: unique for the user.
        project_id: the project that it opens.
        description: free text.
        roles: what it may do.
        expires_at: when it ends; None for never.
        is_unrestricted: whether it may make and delete application credentials and trusts.
        access_rules: the only requests that it may make; None for all that its roles allow.
        secret: the secret, in the answer to its making only. Nobody can read it again.
        raw: the service's own record, without the secret.
    """

    id: str
    name: str
    project_id: str
    description: str | None = None
    roles: tuple[Role, ...] = ()
    expires_at: datetime | None = None
    is_unrestricted: bool = False
    access_rules: tuple[AccessRule, ...] | None = None
    secret: Secret | None = field(default=None, repr=False, compare=False)
    raw: Any = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data; the secret is hidden."""
        return _hidden(Record.to_dict(self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ec2Credential(Record):
    """One key pair for S3 and EC2 signatures.

    Attributes:
        access_key: the public half; it is also the id.
        secret_key: the secret half.
        project_id: the project whose storage it opens.
        user_id: whose it is.
    """

    access_key: str
    secret_key: Secret = field(repr=False, compare=False)
    project_id: str
    user_id: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready data; the secret is hidden."""
        return _hidden(Record.to_dict(self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint(Record):
    """Where one service is.

    Attributes:
        region: the region.
        interface: ``public``, ``internal`` or ``admin``.
        url: its URL.
    """

    region: str
    interface: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Service(Record):
    """One service of the catalogue.

    Attributes:
        type: what it does, such as ``compute``.
        name: what it is called, such as ``nova``.
        endpoints: where it is.
    """

    type: str
    name: str
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenInfo(Record):
    """What the login amounts to. The token itself is not part of it.

    Attributes:
        user: who.
        project: where; None for a login without a project.
        roles: what the login may do there.
        methods: how it was made, such as ``application_credential``.
        issued_at: when it was made.
        expires_at: when it ends; the client gets a new one by itself.
        application_credential_id: the application credential, where it was made with one.
        is_restricted: whether that may not manage application credentials and trusts; None without one.
        access_rules: the only requests that it may make; None for all that the roles allow.
        services: the catalogue.
        raw: the service's own record.
    """

    user: User
    project: Project | None = None
    roles: tuple[Role, ...] = ()
    methods: tuple[str, ...] = ()
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    application_credential_id: str | None = None
    is_restricted: bool | None = None
    access_rules: tuple[AccessRule, ...] | None = None
    services: tuple[Service, ...] = ()
    raw: Any = field(default=None, repr=False, compare=False)


def _hidden(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Secret) else value for name, value in values.items()}


def _domain(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    domain = body.get("domain")
    if isinstance(domain, dict):
        return domain.get("id"), domain.get("name")
    return body.get("domain_id"), None


def user_of(body: Mapping[str, Any]) -> User:
    """Return the record of a user, of its own request or of a token."""
    domain_id, domain_name = _domain(body)
    return User(
        id=body["id"],
        name=body["name"],
        domain_id=domain_id,
        domain_name=domain_name,
        email=body.get("email"),
        description=body.get("description"),
        default_project_id=body.get("default_project_id"),
        is_enabled=body.get("enabled"),
        password_expires_at=moment(body.get("password_expires_at")),
        raw=body,
    )


def project_of(body: Mapping[str, Any]) -> Project:
    """Return the record of a project, of its own request or of a token."""
    domain_id, domain_name = _domain(body)
    return Project(
        id=body["id"],
        name=body["name"],
        domain_id=domain_id,
        domain_name=domain_name,
        description=body.get("description"),
        parent_id=body.get("parent_id"),
        is_enabled=body.get("enabled"),
        tags=tuple(body.get("tags") or ()),
        raw=body,
    )


def role_of(body: Mapping[str, Any]) -> Role:
    """Return the record of a role."""
    return Role(id=body["id"], name=body["name"], description=body.get("description"))


def access_rule_of(body: Mapping[str, Any]) -> AccessRule:
    """Return the record of an access rule."""
    return AccessRule(service=body["service"], method=body["method"], path=body["path"], id=body.get("id"))


def _access_rules(body: Mapping[str, Any]) -> tuple[AccessRule, ...] | None:
    rules = body.get("access_rules")
    return None if rules is None else tuple(access_rule_of(rule) for rule in rules)


def application_credential_of(body: Mapping[str, Any]) -> ApplicationCredential:
    """Return the record of an application credential, with its secret where the answer has it."""
    return ApplicationCredential(
        id=body["id"],
        name=body["name"],
        project_id=body["project_id"],
        description=body.get("description"),
        roles=tuple(role_of(role) for role in body.get("roles") or ()),
        expires_at=moment(body.get("expires_at")),
        is_unrestricted=bool(body.get("unrestricted")),
        access_rules=_access_rules(body),
        secret=Secret.of(body.get("secret")),
        raw={name: value for name, value in body.items() if name != "secret"},
    )


def ec2_credential_of(body: Mapping[str, Any]) -> Ec2Credential:
    """Return the record of an EC2 credential."""
    return Ec2Credential(
        access_key=body["access"],
        secret_key=Secret(body["secret"]),
        project_id=body["tenant_id"],
        user_id=body["user_id"],
    )


def service_of(body: Mapping[str, Any]) -> Service:
    """Return the record of one service of a catalogue."""
    return Service(
        type=body["type"],
        name=body.get("name") or body["type"],
        endpoints=tuple(
            Endpoint(region=each.get("region") or "", interface=each["interface"], url=each["url"])
            for each in body.get("endpoints") or ()
        ),
    )


def token_of(body: Mapping[str, Any]) -> TokenInfo:
    """Return what a token says."""
    application = body.get("application_credential") or {}
    project = body.get("project")
    return TokenInfo(
        user=user_of(body["user"]),
        project=None if project is None else project_of(project),
        roles=tuple(role_of(role) for role in body.get("roles") or ()),
        methods=tuple(body.get("methods") or ()),
        issued_at=moment(body.get("issued_at")),
        expires_at=moment(body.get("expires_at")),
        application_credential_id=application.get("id"),
        is_restricted=application.get("restricted") if application else None,
        access_rules=_access_rules(application),
        services=tuple(service_of(each) for each in body.get("catalog") or ()),
        raw=body,
    )
