"""Folders, workspaces, go links and automations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cloud._dialects.rest._exchange import RawBody
from cloud.coda_io._core import CodaCore, Exact, commas
from cloud.coda_io._doc_records import Folder
from cloud.coda_io._record import moment
from cloud.coda_io._workspace_records import RoleActivity, WorkspaceUser
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cloud.coda_io._mutation import Mutation
    from cloud.common._paging import Pager

Role = Literal["Admin", "DocMaker", "Editor"]


class WorkspaceOperations(CodaCore):
    """Operations on what docs are in, and on automations."""

    def list_folders(
        self,
        workspace_id: str | None = None,
        is_starred: bool | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[Folder]:
        """Return the folders that the token may see.

        Args:
            workspace_id: in this workspace.
            is_starred: that you have starred, or not.
            limit: folders in all.
            page_token: where to go on; nothing else counts then.
            page_size: folders per request.
        """
        return self._list(
            "list_folders",
            Folder.from_dict,
            query={"workspaceId": workspace_id, "isStarred": is_starred},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def create_folder(self, name: str, workspace_id: str, description: str | None = None) -> Folder:
        """Return the folder that was made. It is not made twice: a lost answer raises OutcomeUnknownError."""
        body = {"name": name, "workspaceId": workspace_id, "description": description}
        return self._one("create_folder", Folder.from_dict, body=body)

    def get_folder(self, folder_id: str) -> Folder:
        """Return a folder."""
        return self._one("get_folder", Folder.from_dict, folder_id)

    def update_folder(
        self, folder_id: str, name: str | None = None, description: str | None = None
    ) -> Folder:
        """Change a folder; what is None stays."""
        body = {"name": name, "description": description}
        return self._one("update_folder", Folder.from_dict, folder_id, body=body)

    def delete_folder(self, folder_id: str) -> None:
        """Delete a folder."""
        self._done("delete_folder", folder_id)

    # -- workspaces --------------------------------------------------------------------------------------------
    def list_workspace_members(
        self,
        workspace_id: str,
        included_roles: Iterable[Role] | None = None,
        limit: int | None = None,
        page_token: str | None = None,
    ) -> Pager[WorkspaceUser]:
        """Return the members of a workspace; its admins only may ask.

        Args:
            workspace_id: the workspace.
            included_roles: members of these roles; all by default.
            limit: members in all.
            page_token: where to go on; nothing else counts then.
        """
        return self._list(
            "list_workspace_members",
            WorkspaceUser.from_dict,
            workspace_id,
            query={"includedRoles": commas(included_roles, "included_roles")},
            limit=limit,
            page_token=page_token,
            sized=False,
        )

    def change_user_role(self, workspace_id: str, email: str, new_role: Role) -> datetime | None:
        """Give a member of a workspace another role; return when it was changed, in UTC."""
        return self._one(
            "change_user_role",
            lambda document: moment(document.get("roleChangedAt")),
            workspace_id,
            body={"email": email, "newRole": new_role},
        )

    def list_workspace_role_activity(self, workspace_id: str) -> Pager[RoleActivity]:
        """Return how many members of each role were active, by month."""
        return self._list("list_workspace_role_activity", RoleActivity.from_dict, workspace_id, sized=False)

    def add_go_link(
        self,
        organization_id: str,
        name: str,
        destination_url: str,
        description: str | None = None,
        url_pattern: str | None = None,
        creator_email: str | None = None,
    ) -> None:
        """Make a go link. It is not made twice: a lost answer raises OutcomeUnknownError.

        Args:
            organization_id: the organization.
            name: what stands after ``go/``.
            destination_url: where it leads.
            description: text.
            url_pattern: where it leads with words after the name: ``{*}`` stands for them.
            creator_email: on whose behalf.
        """
        body = {
            "name": name,
            "destinationUrl": destination_url,
            "description": description,
            "urlPattern": url_pattern,
            "creatorEmail": creator_email,
        }
        self._done("add_go_link", organization_id, body=body)

    # -- automations -------------------------------------------------------------------------------------------
    def trigger_automation(
        self,
        doc_id: str,
        rule_id: str,
        payload: Mapping[str, Any] | str | None = None,
        *,
        wait: bool | float = False,
    ) -> Mutation:
        """Trigger an automation that waits for a webhook. It is triggered once.

        Args:
            doc_id: the doc.
            rule_id: id of the rule, ``grid-auto-...``.
            payload: what the automation gets: an object, sent as JSON, or a text, sent as it is.
            wait: wait until it has begun; True, or at most so many seconds.

        Raises:
            CodaValidationError: the payload is too large, or the automation is not of that kind.
            OutcomeUnknownError: the answer was lost.
        """
        body: object
        if isinstance(payload, str):
            try:
                body = RawBody("text/plain; charset=utf-8", payload.encode())
            except UnicodeEncodeError as exc:
                raise InvalidRequestError("the payload holds a lone surrogate, which UTF-8 cannot") from exc
        else:
            body = {} if payload is None else Exact(payload)
        return self._mutate("trigger_automation", doc_id, rule_id, body=body, wait=wait)
