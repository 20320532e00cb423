"""What a login to Keystone is: its user, its project, its roles, and the catalogue of its services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cloud._dialects._answers import read_by
from cloud.common.errors import (
    AlreadyExistsError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
)
from cloud.infomaniak._base import KNOWS_ACCESS_RULES
from cloud.infomaniak._service import ServiceClient, part, read_inner
from cloud.infomaniak.identity import _records as r

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.errors import CloudError, ErrorContext


class LoginReader(ServiceClient):
    """Reads who the login is and what it may do."""

    service_name: ClassVar[str] = "keystone"
    service_type: ClassVar[str] = "identity"

    def _service_url(self) -> str:
        # Catalogues name Keystone with its version or without.
        return f"{super()._service_url().removesuffix('/v3').removesuffix('/v2.0')}/v3"

    def _translate(self, exc: Exception, context: ErrorContext) -> CloudError | None:
        error = super()._translate(exc, context)
        if type(error) is ConflictError and context.operation.startswith("create_"):
            # Keystone's only conflict of making something: its name is taken.
            return AlreadyExistsError(
                error.message,
                http_status=error.http_status,
                provider_code=error.provider_code,
                request_id=error.request_id,
            )
        return error

    # -- who you are -----------------------------------------------------------------------------------------
    def get_token_info(self) -> r.TokenInfo:
        """Return user, project, roles, end and catalogue of the login. Asks Keystone."""

        def look() -> r.TokenInfo:
            token = self._connection.session().get_token()
            headers = {"X-Subject-Token": str(token), **KNOWS_ACCESS_RULES}
            return read_by(
                read_inner("token", r.token_of), self._send("GET", "/auth/tokens", headers=headers)
            )

        return self._runtime.run("get_token_info", "", look)

    def get_current_user(self) -> r.User:
        """Return the user of the login, as its token names it."""
        return self.get_token_info().user

    def get_user(self, user_id: str) -> r.User:
        """Return a user; everybody may read their own."""
        return self._one("get_user", user_id, f"/users/{part(user_id)}", "user", r.user_of)

    def get_current_project(self) -> r.Project:
        """Return the project of the login, as its token names it.

        Raises:
            ConfigurationError: the login has none.
        """
        project = self.get_token_info().project
        if project is None:
            raise ConfigurationError("this login has no project", hint="name one in the credentials")
        return project

    def get_project(self, project_id: str) -> r.Project:
        """Return a project."""
        return self._one("get_project", project_id, f"/projects/{part(project_id)}", "project", r.project_of)

    def list_projects(self) -> list[r.Project]:
        """Return the projects that the user may log in to."""
        return self._all("list_projects", "", "/auth/projects", "projects", r.project_of)

    def list_services(self) -> list[r.Service]:
        """Return the catalogue: which services there are, and where."""
        return list(self.get_token_info().services)

    def get_endpoint(self, service_type: str, *, region: str | None = None, interface: str = "public") -> str:
        """Return the URL of a service in a region, by default the client's.

        Raises:
            NotFoundError: the catalogue has none.
        """
        region = region or self.region
        for service in self.list_services():
            if service.type == service_type:
                for endpoint in service.endpoints:
                    if endpoint.interface == interface and region in {None, endpoint.region}:
                        return endpoint.url
        raise NotFoundError(
            f"the catalogue has no {interface} endpoint of {service_type!r} in region {region!r}",
            context=self._runtime.context("get_endpoint", service_type),
        )

    # -- roles -----------------------------------------------------------------------------------------------
    def list_roles(self) -> list[r.Role]:
        """Return all roles that there are.

        Raises:
            PermissionDeniedError: only administrators may; `list_user_roles` says what you have.
        """
        try:
            return self._all("list_roles", "", "/roles", "roles", r.role_of)
        except PermissionDeniedError as error:
            error.hint = "only administrators may list all roles; list_user_roles() returns your own"
            raise

    def list_user_roles(self, project_id: str | None = None) -> list[r.Role]:
        """Return the roles of the user in a project.

        Args:
            project_id: by default the login's own, whose roles its token names. Another one's may be read by
                administrators, and is otherwise refused by Keystone.
        """
        info = self.get_token_info()
        if project_id is None or (info.project is not None and info.project.id == project_id):
            return list(info.roles)
        path = f"/projects/{part(project_id)}/users/{part(info.user.id)}/roles"
        return self._all("list_user_roles", project_id, path, "roles", r.role_of)

    # -- helpers ---------------------------------------------------------------------------------------------
    def _all(
        self, operation: str, resource: str, path: str, key: str, make: Callable[[Any], Any]
    ) -> list[Any]:
        # Keystone gives everything in one answer.
        return self._rest_list(operation, resource, path, key, make, page_size=None).to_list()

    def _user_path(self, operation: str) -> str:
        user = self._runtime.run(operation, "", lambda: self._connection.session().get_user_id())
        return f"/users/{part(str(user), 'user')}"
