"""Infomaniak's Keystone: who you are, what you may do, application credentials, keys for S3."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cloud.common.enums import ResourceType
from cloud.common.errors import (
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedOperationError,
)
from cloud.common.models import utc
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import given, part, read_inner
from cloud.infomaniak.identity import _records as r
from cloud.infomaniak.identity._login import LoginReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common.models import CloudResource

T = TypeVar("T")

_CREDENTIAL_OPTIONS = frozenset({"description", "expires_at", "roles", "unrestricted", "access_rules"})
RESTRICTED_HINT = (
    "this login is a restricted application credential, which may not manage application credentials: "
    "log in with user and password, or with an unrestricted one"
)
DELEGATED_HINT = (
    "this Keystone lets nobody look at or make keys for S3 with an application credential: log in with user and "
    "password, or pass keys that were made so"
)


class InfomaniakIdentityClient(LoginReader):
    """Users, projects, roles, application credentials and EC2 credentials of Infomaniak Public Cloud.

    Arguments and login as for every OpenStack client: see `OpenStackClient`. Everything here is about the user
    of the login; what only an administrator may do raises PermissionDeniedError and says so.
    https://docs.openstack.org/api-ref/identity/v3/
    """

    # -- application credentials -----------------------------------------------------------------------------
    def list_application_credentials(self) -> list[r.ApplicationCredential]:
        """Return the user's application credentials, without their secrets."""
        path = f"{self._user_path('list_application_credentials')}/application_credentials"
        return self._all(
            "list_application_credentials", "", path, "application_credentials", r.application_credential_of
        )

    def get_application_credential(self, credential_id: str) -> r.ApplicationCredential:
        """Return one of the user's application credentials, without its secret."""
        operation = "get_application_credential"
        path = f"{self._user_path(operation)}/application_credentials/{part(credential_id)}"
        return self._one(
            operation, credential_id, path, "application_credential", r.application_credential_of
        )

    @change
    def create_application_credential(
        self,
        name: str,
        *,
        description: str | None = None,
        expires_at: datetime | None = None,
        roles: Sequence[str] | None = None,
        unrestricted: bool = False,
        access_rules: Sequence[r.AccessRule | Mapping[str, str]] | None = None,
    ) -> Step[r.ApplicationCredential]:
        """Return the application credential that was made, with its secret. It is sent once.

        Args:
            name: unique for the user.
            description: free text.
            expires_at: when it ends, with a time zone; None for never.
            roles: names of the roles it gets, of those that the login has; None for all of them.
            unrestricted: let it make and delete application credentials and trusts.
            access_rules: the only requests that it may make; None for all that its roles allow.
            dry_run: return what would be made instead.

        Raises:
            AlreadyExistsError: the user has one of that name.
            PermissionDeniedError: the login is a restricted application credential; the hint says so.
            InvalidRequestError: the login has no such role, or `expires_at` is over.
        """
        operation = "create_application_credential"
        body = given(
            {
                "name": _named(name),
                "description": description,
                "expires_at": _ending(expires_at),
                "roles": None if roles is None else [{"name": _named(role, "role")} for role in roles],
                "unrestricted": unrestricted or None,
                "access_rules": None if access_rules is None else [_rule(rule) for rule in access_rules],
            }
        )

        def act() -> r.ApplicationCredential:
            path = f"{self._user_path(operation)}/application_credentials"
            make = r.application_credential_of
            return self._explained(
                lambda: self._made(operation, name, path, "application_credential", body, make)
            )

        return Step(name, act, body, (self._may_manage, lambda: self._has_roles(roles or ())))

    @change
    def delete_application_credential(self, credential_id: str) -> Step[bool]:
        """Make sure that the application credential is gone; False when there was none.

        Raises:
            PermissionDeniedError: the login is a restricted application credential; the hint says so.
        """
        operation = "delete_application_credential"

        def act() -> bool:
            path = f"{self._user_path(operation)}/application_credentials/{part(credential_id)}"
            return self._explained(lambda: self._gone(operation, credential_id, path))

        def exists() -> str:
            return f"it is called {self.get_application_credential(credential_id).name}"

        return Step(part(credential_id), act, {}, (self._may_manage, exists))

    @change
    def delete_access_rule(self, rule_id: str) -> Step[bool]:
        """Make sure that an access rule that no application credential has any more is gone; False when none was."""

        def act() -> bool:
            path = f"{self._user_path('delete_access_rule')}/access_rules/{part(rule_id)}"
            return self._gone("delete_access_rule", rule_id, path)

        return Step(part(rule_id), act)

    def list_access_rules(self) -> list[r.AccessRule]:
        """Return the access rules that the user's application credentials have."""
        path = f"{self._user_path('list_access_rules')}/access_rules"
        return self._all("list_access_rules", "", path, "access_rules", r.access_rule_of)

    # -- EC2 credentials: keys for S3 ------------------------------------------------------------------------
    def list_ec2_credentials(self) -> list[r.Ec2Credential]:
        """Return the user's keys for S3, with their secrets, which Keystone tells their owner."""
        path = f"{self._user_path('list_ec2_credentials')}/credentials/OS-EC2"
        return self._keys(
            lambda: self._all("list_ec2_credentials", "", path, "credentials", r.ec2_credential_of)
        )

    def get_ec2_credentials(self, access_key: str) -> r.Ec2Credential:
        """Return one of the user's keys for S3."""
        operation = "get_ec2_credentials"
        path = f"{self._user_path(operation)}/credentials/OS-EC2/{part(access_key, 'access key')}"
        return self._keys(lambda: self._one(operation, access_key, path, "credential", r.ec2_credential_of))

    @change
    def create_ec2_credentials(self, project_id: str | None = None) -> Step[r.Ec2Credential]:
        """Return a new key for S3, which Keystone generates. It is sent once.

        Args:
            project_id: the project whose storage it opens; by default the login's.
            dry_run: return what would be made instead.
        """
        operation = "create_ec2_credentials"

        def act() -> r.Ec2Credential:
            path = f"{self._user_path(operation)}/credentials/OS-EC2"
            body = {"tenant_id": project_id or self._project_id(operation)}
            # Not below a key, as everything else of Keystone is.
            read = read_inner("credential", r.ec2_credential_of)
            return self._keys(lambda: self._read(read, operation, body["tenant_id"], "POST", path, json=body))

        return Step(project_id or "", act, {"tenant_id": project_id}, (self._same_project(project_id),))

    @change
    def delete_ec2_credentials(self, access_key: str) -> Step[bool]:
        """Make sure that the key is gone; False when there was none."""
        operation = "delete_ec2_credentials"

        def act() -> bool:
            path = f"{self._user_path(operation)}/credentials/OS-EC2/{part(access_key, 'access key')}"
            return self._keys(lambda: self._gone(operation, access_key, path))

        def exists() -> str:
            return f"it opens project {self.get_ec2_credentials(access_key).project_id}"

        return Step(part(access_key, "access key"), act, {}, (exists,))

    @change
    def ensure_ec2_credentials(self, project_id: str | None = None) -> Step[r.Ec2Credential]:
        """Return a key for S3 of the project: one that the user has already, or a new one.

        Args:
            project_id: the project whose storage it opens; by default the login's.
            dry_run: return what would be made instead.
        """

        def present() -> r.Ec2Credential | None:
            wanted = project_id or self._project_id("ensure_ec2_credentials")
            found = [key for key in self.list_ec2_credentials() if key.project_id == wanted]
            return min(found, key=lambda key: key.access_key) if found else None

        def act() -> r.Ec2Credential:
            return present() or self.create_ec2_credentials(project_id)

        def told() -> str:
            found = present()
            return "a key would be made" if found is None else f"the key {found.access_key} is there"

        changes = {"tenant_id": project_id}
        return Step(project_id or "", act, changes, (self._same_project(project_id), told))

    def s3_key(self, project_id: str | None = None) -> tuple[r.Ec2Credential, str | None]:
        """Return a key for S3 (see `ensure_ec2_credentials`), and where the catalogue says that S3 is, if it does.

        `InfomaniakS3Client.from_login` makes a client of both.
        """
        key = self.ensure_ec2_credentials(project_id)
        types = self._runtime.run("s3_key", "", self._connection.service_types)
        return key, self._connection.endpoint("s3") if "s3" in types else None

    # -- CloudClient: application credentials are the resources ----------------------------------------------
    def list_resources(self, resource_type: ResourceType | None = None) -> list[CloudResource]:
        """Return the user's application credentials; an empty list for every type but IDENTITY."""
        if resource_type not in {None, ResourceType.IDENTITY}:
            return []
        return [self._resource(each) for each in self.list_application_credentials()]

    def get_resource(self, id: str) -> CloudResource | None:  # noqa: A002  # the specification's name
        """Return the application credential with this id, or None."""
        try:
            return self._resource(self.get_application_credential(id))
        except NotFoundError:
            return None

    def create_resource(
        self, name: str, resource_type: ResourceType, config: Mapping[str, Any]
    ) -> CloudResource:
        """Return the application credential that was made; its secret is the ``secret`` of the resource's `raw`.

        Args:
            name: its name.
            resource_type: `ResourceType.IDENTITY`.
            config: the other arguments of `create_application_credential`.
        """
        if resource_type is not ResourceType.IDENTITY:
            raise UnsupportedOperationError(
                f"this client makes application credentials, not {resource_type.value}"
            )
        unknown = sorted(config.keys() - _CREDENTIAL_OPTIONS)
        if unknown:
            raise InvalidRequestError(
                f"an application credential takes no {unknown[0]!r}",
                hint=f"one of {', '.join(sorted(_CREDENTIAL_OPTIONS))}",
            )
        made = self.create_application_credential(name, **config)
        return self._resource(cast("r.ApplicationCredential", made))

    def delete_resource(self, id: str) -> bool:  # noqa: A002  # the specification's name
        """Delete the application credential with this id; False when there was none."""
        return bool(self.delete_application_credential(id))

    def _resource(self, found: r.ApplicationCredential) -> CloudResource:
        from cloud.common.models import CloudResource

        return CloudResource(
            id=found.id,
            name=found.name,
            resource_type=ResourceType.IDENTITY,
            provider=self.provider,
            region=self.region,
            metadata={
                "project_id": found.project_id,
                "roles": [role.name for role in found.roles],
                "expires_at": found.expires_at and found.expires_at.isoformat(),
                "unrestricted": found.is_unrestricted,
            },
            raw=found,
        )

    # -- helpers ---------------------------------------------------------------------------------------------
    def _explained(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except PermissionDeniedError as error:
            if self.get_token_info().is_restricted:
                error.hint = RESTRICTED_HINT
            raise

    def _keys(self, call: Callable[[], T]) -> T:
        """Return what a call about keys for S3 returns; a refusal says what to log in with."""
        try:
            return call()
        except PermissionDeniedError as error:
            if self.get_token_info().application_credential_id is not None:
                error.hint = DELEGATED_HINT
            raise

    def _may_manage(self) -> str:
        if self.get_token_info().is_restricted:
            raise PermissionDeniedError(
                "You are not authorized to perform the requested action.",
                hint=RESTRICTED_HINT,
                request_sent=False,
            )
        return "the login may manage application credentials"

    def _has_roles(self, wanted: Sequence[str]) -> str:
        have = {role.name for role in self.get_token_info().roles}
        for name in wanted:
            if name not in have:
                raise InvalidRequestError(
                    f"the login has no role {name!r}", hint=f"it has {', '.join(sorted(have))}"
                )
        return "the login has the roles"

    def _same_project(self, project_id: str | None) -> Callable[[], str]:
        def check() -> str:
            names = {project.id: project.name for project in self.list_projects()}
            wanted = project_id or self.get_current_project().id
            if wanted not in names:
                raise NotFoundError(f"the user has no project {wanted!r}")
            return f"the key would open project {names[wanted]}"

        return check


def _named(name: str, what: str = "name") -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequestError(f"{name!r} is no {what}")
    return name


def _ending(expires_at: datetime | None) -> str | None:
    if expires_at is None:
        return None
    if not isinstance(expires_at, datetime) or expires_at.tzinfo is None:
        raise InvalidRequestError(f"expires_at needs a time with a time zone, not {expires_at!r}")
    if utc(expires_at) <= datetime.now(timezone.utc):
        raise InvalidRequestError(f"expires_at is over already: {expires_at.isoformat()}")
    return utc(expires_at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _rule(rule: r.AccessRule | Mapping[str, str]) -> dict[str, str]:
    found = {name: rule.get(name) for name in ("service", "method", "path")}
    if not all(isinstance(value, str) and value for value in found.values()):
        raise InvalidRequestError(f"an access rule has service, method and path, not {dict(rule)!r}")
    return {name: str(value) for name, value in found.items()}
