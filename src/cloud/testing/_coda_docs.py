"""Docs, folders, sharing and publishing of a fake Coda."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from cloud.testing._coda_lists import flag
from cloud.testing._coda_parts import CONTENT, LISTING, READ, WRITE, Group, needed, only, text_of
from cloud.testing._coda_shapes import given, moment
from cloud.testing._coda_state import BROWSER, FOLDER_ID, USER_LOGIN, WORKSPACE_ID, Doc, Page
from cloud.testing._service_calls import Answer, Call, Refusal, Route

if TYPE_CHECKING:
    from collections.abc import Callable

_ACCESS = ("readonly", "write", "comment")
_PRINCIPALS = {
    "email": "email",
    "group": "groupId",
    "domain": "domain",
    "workspace": "workspaceId",
    "anyone": None,
}
_MODES = ("view", "play", "edit")
CATEGORIES = ("Project management", "Team hubs")


class Docs(Group):
    """``/docs`` but for what is in a doc."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        return [
            Route("GET", "/docs", self._list, "listDocs", LISTING),
            Route("POST", "/docs", self._create, "createDoc", WRITE),
            Route("GET", "/docs/{doc}", self._get, "getDoc", READ),
            Route("PATCH", "/docs/{doc}", self._update, "updateDoc", WRITE),
            Route("DELETE", "/docs/{doc}", self._delete, "deleteDoc", WRITE),
            Route("PUT", "/docs/{doc}/publish", self._publish, "publishDoc", WRITE),
            Route("DELETE", "/docs/{doc}/publish", self._unpublish, "unpublishDoc", WRITE),
            Route("GET", "/categories", self._categories, "listCategories", READ),
            Route(
                "POST",
                "/docs/{doc}/hooks/automation/{rule}",
                self._trigger,
                "triggerWebhookAutomation",
                CONTENT,
            ),
        ]

    def _list(self, call: Call) -> Answer:
        tests: list[Callable[[Doc], bool]] = []
        query = (call.argument("query") or "").casefold()
        if query:
            tests.append(lambda doc: query in doc.name.casefold())
        for name, value_of in _FLAGS.items():
            if call.argument(name) is not None:
                wanted = flag(call, name)
                tests.append(lambda doc, value_of=value_of, wanted=wanted: value_of(doc) is wanted)  # type: ignore[misc]  # mypy does not infer lambdas with defaults
        for name, text_value_of in _FIELDS.items():
            if (text := call.argument(name)) is not None:
                tests.append(lambda doc, of=text_value_of, text=text: of(doc) == text)  # type: ignore[misc]  # likewise
        return self.lists.answer(
            call,
            lambda: [doc for doc in self.state.docs.values() if all(test(doc) for test in tests)],
            self.shapes.doc,
        )

    def _create(self, call: Call) -> Answer:
        wish = only(call.json_object(), "title", "sourceDoc", "timezone", "folderId", "initialPage")
        folder = text_of(wish, "folderId") or FOLDER_ID
        if folder not in self.state.folders:
            raise Refusal(400, "Could not find the folder.")
        source = text_of(wish, "sourceDoc")
        now = self.state.now()
        doc = Doc(self.state.new_id("doc"), text_of(wish, "title") or "Untitled", now, now, folder)
        if source is not None:
            origin = self.state.doc(source)
            for name in ("pages", "tables", "formulas", "controls"):
                setattr(doc, name, copy.deepcopy(getattr(origin, name)))
            doc.source = source
        first = wish.get("initialPage") or {}
        self.state.docs[doc.id] = doc

        def add_page() -> None:
            page_id = self.state.new_id("canvas-")
            doc.pages[page_id] = Page(page_id, first.get("name") or "Untitled", now, now)

        queued = self.queued(doc, add_page)
        assert isinstance(queued.document, dict)
        return Answer(201, {**self.shapes.doc(doc), **queued.document})

    def _get(self, call: Call) -> Answer:
        return Answer(200, self.shapes.doc(self.doc(call)))

    def _update(self, call: Call) -> Answer:
        doc, wish = self.doc(call), only(call.json_object(), "title", "iconName")
        doc.name = text_of(wish, "title") or doc.name
        doc.icon = text_of(wish, "iconName") or doc.icon
        self.state.touch(doc)
        return Answer(200, {})

    def _delete(self, call: Call) -> Answer:
        del self.state.docs[self.doc(call).id]
        return Answer(202, {})

    def _publish(self, call: Call) -> Answer:
        doc = self.doc(call)
        wish = only(call.json_object(), "slug", "discoverable", "earnCredit", "categoryNames", "mode")
        mode = text_of(wish, "mode") or "view"
        names = wish.get("categoryNames") or []
        if mode not in _MODES or not set(names) <= set(CATEGORIES):
            raise Refusal(400, "Unknown mode or category.")

        def apply() -> None:
            doc.published = {
                "browserLink": f"{BROWSER}/@{wish.get('slug') or doc.id}",
                "discoverable": bool(wish.get("discoverable")),
                "earnCredit": bool(wish.get("earnCredit")),
                "mode": mode,
                "categories": [{"name": name} for name in names],
            }
            self.state.touch(doc)

        return self.queued(doc, apply)

    def _unpublish(self, call: Call) -> Answer:
        self.doc(call).published = None
        return Answer(200, {})

    @staticmethod
    def _categories(_call: Call) -> Answer:
        return Answer(200, {"items": [{"name": name} for name in CATEGORIES]})

    def _trigger(self, call: Call) -> Answer:
        doc = self.doc(call)
        if (call.header("content-type") or "").startswith("application/json"):
            try:
                call.json_object()
            except Refusal as error:
                raise Refusal(422, error.message) from error
        entry = (doc.id, call.params["rule"], call.body)
        return self.queued(doc, lambda: self.state.triggered.append(entry))


_FLAGS: dict[str, Callable[[Doc], bool]] = {
    "isOwner": lambda doc: doc.owner == USER_LOGIN,
    "isPublished": lambda doc: doc.published is not None,
    "isStarred": lambda doc: doc.starred,
    "inGallery": lambda doc: bool(doc.published and doc.published["discoverable"]),
}
_FIELDS: dict[str, Callable[[Doc], str | None]] = {
    "sourceDoc": lambda doc: doc.source,
    "folderId": lambda doc: doc.folder,
    "workspaceId": lambda _doc: WORKSPACE_ID,
}


class Sharing(Group):
    """``/docs/{doc}/acl``."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/docs/{doc}/acl"
        one = f"{base}/permissions/{{permission}}"
        return [
            Route("GET", f"{base}/metadata", self._metadata, "getSharingMetadata", READ),
            Route("GET", f"{base}/permissions", self._list, "getPermissions", READ),
            Route("POST", f"{base}/permissions", self._add, "addPermission", WRITE),
            Route("DELETE", one, self._delete, "deletePermission", WRITE),
            Route("GET", f"{base}/principals/search", self._search, "searchPrincipals", READ),
            Route("GET", f"{base}/settings", self._settings, "getAclSettings", READ),
            Route("PATCH", f"{base}/settings", self._change_settings, "updateAclSettings", WRITE),
        ]

    def _metadata(self, call: Call) -> Answer:
        self.doc(call)
        names = ("canShare", "canShareWithWorkspace", "canShareWithOrg", "canCopy")
        return Answer(200, dict.fromkeys(names, True))

    def _list(self, call: Call) -> Answer:
        doc = self.doc(call)
        return self.lists.answer(call, lambda: list(doc.permissions.values()), dict)

    def _add(self, call: Call) -> Answer:
        doc, wish = self.doc(call), only(call.json_object(), "access", "principal", "suppressEmail")
        principal = wish.get("principal")
        if wish.get("access") not in _ACCESS or not isinstance(principal, dict):
            raise Refusal(400, "A permission needs an access and a principal.")
        kind = needed(principal, "type")
        if kind not in _PRINCIPALS:
            raise Refusal(400, "Unknown type of principal.")
        if (field := _PRINCIPALS[kind]) is not None:
            needed(principal, field)
        added: dict[str, Any] = {"principal": dict(principal), "access": wish["access"]}
        if kind == "group":
            added["principal"]["groupName"] = principal["groupId"]
        same = [known["id"] for known in doc.permissions.values() if known["principal"] == added["principal"]]
        permission = same[0] if same else self.state.new_id("perm-")
        doc.permissions[permission] = {"id": permission, **added}
        return Answer(200, {})

    def _delete(self, call: Call) -> Answer:
        if self.doc(call).permissions.pop(call.params["permission"], None) is None:
            raise Refusal(404, "Could not find the permission.")
        return Answer(200, {})

    def _search(self, call: Call) -> Answer:
        self.doc(call)
        query = (call.argument("query") or "").casefold()
        users = [
            {"name": member["name"], "loginId": email, "type": "user"}
            for email, member in self.state.members.items()
            if query in email.casefold() or query in member["name"].casefold()
        ]
        return Answer(200, {"users": users, "groups": []})

    def _settings(self, call: Call) -> Answer:
        return Answer(200, self.doc(call).settings)

    def _change_settings(self, call: Call) -> Answer:
        doc = self.doc(call)
        doc.settings.update(only(call.json_object(), *doc.settings))
        return Answer(200, doc.settings)


class Folders(Group):
    """``/folders``."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        return [
            Route("GET", "/folders", self._list, "listFolders", READ),
            Route("POST", "/folders", self._create, "createFolder", WRITE),
            Route("GET", "/folders/{folder}", self._get, "getFolder", READ),
            Route("PATCH", "/folders/{folder}", self._update, "updateFolder", WRITE),
            Route("DELETE", "/folders/{folder}", self._delete, "deleteFolder", WRITE),
        ]

    def _list(self, call: Call) -> Answer:
        mine = call.argument("workspaceId") in {None, WORKSPACE_ID} and not flag(call, "isStarred")
        return self.lists.answer(
            call, lambda: list(self.state.folders.values()) if mine else [], self.shapes.folder
        )

    def _create(self, call: Call) -> Answer:
        wish = only(call.json_object(), "name", "workspaceId", "description")
        if needed(wish, "workspaceId") != WORKSPACE_ID:
            raise Refusal(403, "Forbidden")
        folder = given(
            id=self.state.new_id("fl-"),
            name=needed(wish, "name"),
            description=text_of(wish, "description"),
            createdAt=moment(self.state.now()),
        )
        self.state.folders[folder["id"]] = folder
        return Answer(201, self.shapes.folder(folder))

    def _one(self, call: Call) -> dict[str, Any]:
        folder = self.state.folders.get(call.params["folder"])
        if folder is None:
            raise Refusal(404, "Could not find the folder.")
        return folder

    def _get(self, call: Call) -> Answer:
        return Answer(200, self.shapes.folder(self._one(call)))

    def _update(self, call: Call) -> Answer:
        folder, wish = self._one(call), only(call.json_object(), "name", "description")
        folder.update({name: text for name in wish if (text := text_of(wish, name)) is not None})
        return Answer(200, self.shapes.folder(folder))

    def _delete(self, call: Call) -> Answer:
        folder = self._one(call)
        if any(doc.folder == folder["id"] for doc in self.state.docs.values()):
            raise Refusal(400, "The folder is not empty.")
        del self.state.folders[folder["id"]]
        return Answer(200, {})
