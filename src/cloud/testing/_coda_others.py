"""The account, changes, links, domains, workspaces, analytics and go links of a fake Coda."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cloud.testing._coda_lists import flag
from cloud.testing._coda_parts import ANALYTICS, READ, WRITE, Group, needed, only
from cloud.testing._coda_shapes import icon, moment
from cloud.testing._coda_state import BROWSER, ORGANIZATION_ID, USER_LOGIN, USER_NAME, WORKSPACE_ID
from cloud.testing._service_calls import Answer, Call, Refusal, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud.testing._coda_state import Doc, Page

_ROLES = ("Admin", "DocMaker", "Editor")
_LINK = re.compile(
    re.escape(BROWSER)
    + r"/d/_d(?P<doc>[^/#]+)(?:/_su(?P<page>[^/#]+))?(?:#_tu(?P<table>[^/]+)(?:/_ru(?P<row>.+))?)?"
)
_COUNTS = (
    *("views", "copies", "likes", "sessionsMobile", "sessionsDesktop", "sessionsOther", "totalSessions"),
    *("aiCreditsChat", "aiCreditsBlock", "aiCreditsColumn", "aiCreditsAssistant", "aiCreditsReviewer"),
    "aiCredits",
)
_PAGE_COUNTS = ("views", "sessions", "users", "averageSecondsViewed", "medianSecondsViewed", "tabs")
_PACK_SUMMARY = (
    "totalDocInstalls",
    "totalWorkspaceInstalls",
    "totalInvocations",
)


class Account(Group):
    """``/whoami``, ``/mutationStatus`` and ``/resolveBrowserLink``."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        return [
            Route("GET", "/whoami", self._whoami, "whoami", READ),
            Route("GET", "/mutationStatus/{request}", self._status, "getMutationStatus", READ),
            Route("GET", "/resolveBrowserLink", self._resolve, "resolveBrowserLink", READ),
        ]

    def _whoami(self, call: Call) -> Answer:
        return Answer(
            200,
            {
                "name": USER_NAME,
                "loginId": USER_LOGIN,
                "type": "user",
                "href": self.shapes.href("whoami"),
                "tokenName": "tests",
                "scoped": self.parts.is_scoped(call.token),
                "workspace": self.shapes.workspace(),
            },
        )

    def _status(self, call: Call) -> Answer:
        change = self.state.changes.get(call.params["request"])
        if change is None or self.parts.seconds() - change.accepted < self.parts.unknown_seconds:
            raise Refusal(404, "Could not find the mutation.")
        document: dict[str, Any] = {"completed": change.applied}
        if change.warning is not None:
            document["warning"] = change.warning
        return Answer(200, document)

    def _resolve(self, call: Call) -> Answer:
        url = call.argument("url")
        if url is None:
            raise Refusal(400, "url is required.")
        found = _LINK.fullmatch(url)
        if found is None:
            raise Refusal(404, "Could not resolve the link.")
        doc = self.state.doc(found["doc"])
        try:
            resource = self._named(doc, found.groupdict())
        except Refusal:
            if not flag(call, "degradeGracefully"):
                raise
            resource = {**self.shapes.doc_reference(doc), "name": doc.name}
        kept = ("type", "id", "name", "href")
        return Answer(
            200,
            {
                "type": "apiLink",
                "href": self.shapes.href("resolveBrowserLink"),
                "browserLink": url,
                "resource": {name: resource[name] for name in kept},
            },
        )

    def _named(self, doc: Doc, parts: dict[str, str | None]) -> dict[str, Any]:
        if parts["table"] is not None:
            table = doc.table(parts["table"])
            if parts["row"] is None:
                return self.shapes.table_reference(doc, table)
            row = table.row(parts["row"])
            return self.shapes.row(doc, table, row, 0, names=False, visible=False, value_format="simple")
        if parts["page"] is not None:
            return self.shapes.page_reference(doc, doc.page(parts["page"]))
        return {**self.shapes.doc_reference(doc), "name": doc.name}


class Domains(Group):
    """``/docs/{doc}/domains``."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/docs/{doc}/domains"
        one = f"{base}/{{domain}}"
        return [
            Route("GET", base, self._list, "listCustomDocDomains", READ),
            Route("POST", base, self._add, "addCustomDocDomain", WRITE),
            Route("DELETE", one, self._delete, "deleteCustomDocDomain", WRITE),
            Route("PATCH", one, self._update, "updateCustomDocDomain", WRITE),
            Route("GET", "/domains/provider/{domain}", self._provider, "getCustomDocDomainProvider", READ),
        ]

    def _list(self, call: Call) -> Answer:
        doc = self.doc(call)
        return self.lists.answer(
            call, lambda: list(doc.domains.values()), dict, key="customDocDomains", linked=False
        )

    def _add(self, call: Call) -> Answer:
        doc, wish = self.doc(call), only(call.json_object(), "customDocDomain")
        name = needed(wish, "customDocDomain")
        doc.domains[name] = {
            "customDocDomain": name,
            "hasCertificate": False,
            "hasDnsDocId": False,
            "setupStatus": "pending",
            "domainStatus": "notConnected",
        }
        return Answer(202, {})

    def _one(self, call: Call) -> dict[str, Any]:
        domain = self.doc(call).domains.get(call.params["domain"])
        if domain is None:
            raise Refusal(404, "Could not find the domain.")
        return domain

    def _delete(self, call: Call) -> Answer:
        del self.doc(call).domains[self._one(call)["customDocDomain"]]
        return Answer(200, {})

    def _update(self, call: Call) -> Answer:
        self._one(call).update(
            hasCertificate=True, hasDnsDocId=True, setupStatus="succeeded", domainStatus="connected"
        )
        return Answer(200, {})

    @staticmethod
    def _provider(_call: Call) -> Answer:
        return Answer(200, {"provider": "Other"})


class Workspaces(Group):
    """``/workspaces`` and go links."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/workspaces/{workspace}"
        links = "/organizations/{organization}/goLinks"
        return [
            Route("GET", f"{base}/users", self._members, "listWorkspaceMembers", READ),
            Route("POST", f"{base}/users/role", self._change_role, "changeUserRole", WRITE),
            Route("GET", f"{base}/roles", self._roles, "listWorkspaceRoleActivity", READ),
            Route("POST", links, self._add_link, "addGoLink", WRITE),
        ]

    @staticmethod
    def _check(call: Call) -> None:
        if call.params["workspace"] != WORKSPACE_ID:
            raise Refusal(404, "Could not find the workspace.")

    def _members(self, call: Call) -> Answer:
        self._check(call)
        wanted = {role for text in call.query.get("includedRoles", ()) for role in text.split(",")}
        members = [member for member in self.state.members.values() if not wanted or member["role"] in wanted]
        return self.lists.answer(call, lambda: members, dict, linked=False)

    def _change_role(self, call: Call) -> Answer:
        self._check(call)
        wish = only(call.json_object(), "email", "newRole")
        member = self.state.members.get(needed(wish, "email"))
        if wish.get("newRole") not in _ROLES:
            raise Refusal(400, f"newRole must be one of {', '.join(_ROLES)}.")
        if member is None:
            raise Refusal(404, "Could not find the user.")
        member.update(role=wish["newRole"], roleChangedAt=moment(self.state.now()))
        return Answer(200, {"roleChangedAt": member["roleChangedAt"]})

    def _roles(self, call: Call) -> Answer:
        self._check(call)
        counts = {
            f"{state}{role}Count": (
                sum(member["role"] == role for member in self.state.members.values())
                if state == "active"
                else 0
            )
            for state in ("active", "inactive")
            for role in _ROLES
        }
        return Answer(200, {"items": [{"month": self.state.now().strftime("%Y-%m"), **counts}]})

    def _add_link(self, call: Call) -> Answer:
        if call.params["organization"] != ORGANIZATION_ID:
            raise Refusal(403, "Forbidden")
        names = ("name", "destinationUrl", "description", "urlPattern", "creatorEmail")
        wish = only(call.json_object(), *names)
        needed(wish, "name")
        needed(wish, "destinationUrl")
        if any(link["name"] == wish["name"] for link in self.state.go_links):
            raise Refusal(400, "A go link of this name exists.")
        self.state.go_links.append(wish)
        return Answer(200, {})


class Analytics(Group):
    """``/analytics``: one day without a visit for every doc and page, and no Packs."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        return [
            Route("GET", "/analytics/docs", self._docs, "listDocAnalytics", ANALYTICS),
            Route("GET", "/analytics/docs/summary", self._summary, "listDocAnalyticsSummary", ANALYTICS),
            Route("GET", "/analytics/docs/{doc}/pages", self._pages, "listPageAnalytics", ANALYTICS),
            Route("GET", "/analytics/packs", self._nothing, "listPackAnalytics", ANALYTICS),
            Route(
                "GET", "/analytics/packs/summary", self._pack_summary, "listPackAnalyticsSummary", ANALYTICS
            ),
            Route(
                "GET",
                "/analytics/packs/{pack}/formulas",
                self._nothing,
                "listPackFormulaAnalytics",
                ANALYTICS,
            ),
            Route(
                "GET", "/analytics/updated", self._updated, "getAnalyticsLastUpdated", ANALYTICS, open=True
            ),
        ]

    def _today(self) -> str:
        return self.state.now().date().isoformat()

    def _metrics(self, names: Iterable[str]) -> list[dict[str, Any]]:
        return [{"date": self._today(), **dict.fromkeys(names, 0)}]

    def _docs(self, call: Call) -> Answer:
        wanted = {word for text in call.query.get("docIds", ()) for word in text.split(",")}

        def shape(doc: Doc) -> dict[str, Any]:
            details = {
                **self.shapes.doc_reference(doc),
                "title": doc.name,
                "createdAt": moment(doc.created),
                **({} if doc.icon is None else {"icon": icon(doc.icon)}),
            }
            return {"doc": details, "metrics": self._metrics(_COUNTS)}

        return self.lists.answer(
            call,
            lambda: [doc for doc in self.state.docs.values() if not wanted or doc.id in wanted],
            shape,
            linked=False,
        )

    def _pages(self, call: Call) -> Answer:
        doc = self.doc(call)

        def shape(page: Page) -> dict[str, Any]:
            return {"page": {"id": page.id, "name": page.name}, "metrics": self._metrics(_PAGE_COUNTS)}

        return self.lists.answer(call, lambda: list(doc.pages.values()), shape, linked=False)

    @staticmethod
    def _summary(_call: Call) -> Answer:
        return Answer(200, {"totalSessions": 0})

    def _nothing(self, call: Call) -> Answer:
        return self.lists.answer(call, list, dict, linked=False)

    @staticmethod
    def _pack_summary(_call: Call) -> Answer:
        return Answer(200, dict.fromkeys(_PACK_SUMMARY, 0))

    def _updated(self, _call: Call) -> Answer:
        names = ("docAnalyticsLastUpdated", "packAnalyticsLastUpdated", "packFormulaAnalyticsLastUpdated")
        return Answer(200, dict.fromkeys(names, self._today()))
