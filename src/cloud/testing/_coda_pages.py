"""Pages of a fake Coda: their content line by line, and exports that are polled and downloaded."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from cloud.testing._coda_lists import choice
from cloud.testing._coda_parts import CONTENT, READ, WRITE, Group, needed, only, text_of
from cloud.testing._coda_state import Doc, Export, Line, Page
from cloud.testing._service_calls import Answer, Call, Refusal, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.testing._coda_state import State

_MARKS = {
    "# ": "h1",
    "## ": "h2",
    "### ": "h3",
    "- ": "bulletedList",
    "* ": "bulletedList",
    "> ": "blockQuote",
}
_NUMBERED = re.compile(r"\d+\. ")
_TAGS = {"h1": "h1", "h2": "h2", "h3": "h3", "li": "bulletedList", "blockquote": "blockQuote", "pre": "code"}
_TAG_OF = {style: tag for tag, style in _TAGS.items()}
_MARK_OF = {style: mark for mark, style in reversed(list(_MARKS.items()))}
MEDIA_TYPES = {"html": "text/html; charset=utf-8", "markdown": "text/markdown; charset=utf-8"}
_MODES = ("append", "prepend", "replace")


class _Reader(HTMLParser):
    """Collects the texts of a page's blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._style, self._text = "paragraph", ""

    def end(self) -> None:
        """End a block."""
        if self._text.strip():
            self.found.append((self._style, self._text.strip()))
        self._style, self._text = "paragraph", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block."""
        del attrs  # what they say is not kept
        if tag in _TAGS or tag == "p":
            self.end()
            self._style = _TAGS.get(tag, "paragraph")

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        if tag in _TAGS or tag == "p":
            self.end()

    def handle_data(self, data: str) -> None:
        """Collect a text."""
        self._text += data


def lines_of(state: State, content: str, form: str) -> list[Line]:
    """Return the lines that ``html`` or ``markdown`` stands for."""
    if form == "html":
        reader = _Reader()
        reader.feed(content)
        reader.close()
        reader.end()
        blocks = reader.found
    else:
        blocks = [_block(line) for line in content.splitlines() if line.strip()]
    return [Line(state.new_id("cl-"), style, text) for style, text in blocks]


def _block(line: str) -> tuple[str, str]:
    for mark, style in _MARKS.items():
        if line.startswith(mark):
            return style, line[len(mark) :]
    if (found := _NUMBERED.match(line)) is not None:
        return "numberedList", line[found.end() :]
    return "paragraph", line


def written(page: Page, form: str) -> str:
    """Return a page as ``html`` or ``markdown``."""
    if form == "html":
        return "".join(_tagged(line) for line in page.lines)
    marks = {**_MARK_OF, "numberedList": "1. "}
    return "".join(f"{marks.get(line.style, '')}{line.text}\n" for line in page.lines)


def _tagged(line: Line) -> str:
    tag = _TAG_OF.get(line.style, "p")
    return f"<{tag}>{html.escape(line.text)}</{tag}>\n"


class Pages(Group):
    """``/docs/{doc}/pages``."""

    def routes(self) -> list[Route]:
        """Return what the group answers."""
        base = "/docs/{doc}/pages"
        one = f"{base}/{{page}}"
        return [
            Route("GET", base, self._list, "listPages", READ),
            Route("POST", base, self._create, "createPage", CONTENT),
            Route("GET", one, self._get, "getPage", READ),
            Route("PUT", one, self._update, "updatePage", CONTENT),
            Route("DELETE", one, self._delete, "deletePage", CONTENT),
            Route("GET", f"{one}/content", self._content, "listPageContent", READ),
            Route("DELETE", f"{one}/content", self._clear, "deletePageContent", CONTENT),
            # observed not to count as writing content
            Route("POST", f"{one}/export", self._begin_export, "beginPageContentExport", WRITE),
            Route("GET", f"{one}/export/{{export}}", self._export, "getPageContentExportStatus", READ),
        ]

    def _list(self, call: Call) -> Answer:
        doc = self.doc(call)
        return self.lists.answer(
            call, lambda: list(doc.pages.values()), lambda page: self.shapes.page(doc, page)
        )

    def _get(self, call: Call) -> Answer:
        doc = self.doc(call)
        return Answer(200, self.shapes.page(doc, doc.page(call.params["page"])))

    def _create(self, call: Call) -> Answer:
        doc = self.doc(call)
        wish = only(
            call.json_object(), "name", "subtitle", "iconName", "imageUrl", "parentPageId", "pageContent"
        )
        parent = text_of(wish, "parentPageId")
        if parent is not None and parent not in doc.pages:
            raise Refusal(400, "Could not find the parent page.")
        kind, lines = self._first_content(wish.get("pageContent"))
        page_id = self.state.new_id("canvas-")

        def apply() -> None:
            now = self.state.touch(doc)
            doc.pages[page_id] = Page(
                page_id,
                text_of(wish, "name") or "Untitled",
                now,
                now,
                parent,
                kind,
                lines,
                text_of(wish, "subtitle"),
                text_of(wish, "iconName"),
                text_of(wish, "imageUrl"),
            )

        return self.queued(doc, apply, id=page_id)

    def _first_content(self, content: Any) -> tuple[str, list[Line]]:
        if content is None:
            return "canvas", []
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "canvas":
            return kind, self._lines(content.get("canvasContent"))
        if kind == "embed":
            needed(content, "url")
            return kind, []
        if kind == "syncPage":
            needed(content, "sourceDocId")
            return kind, []
        raise Refusal(400, "Unknown type of page content.")

    def _lines(self, content: Any) -> list[Line]:
        if not isinstance(content, dict) or content.get("format") not in MEDIA_TYPES:
            raise Refusal(400, "Content needs the format html or markdown.")
        if not isinstance(content.get("content"), str):
            raise Refusal(400, "content must be a string.")
        return lines_of(self.state, content["content"], content["format"])

    def _update(self, call: Call) -> Answer:
        doc = self.doc(call)
        page = doc.page(call.params["page"])
        wish = only(
            call.json_object(), "name", "subtitle", "iconName", "imageUrl", "isHidden", "contentUpdate"
        )
        texts = {
            field: text_of(wish, name)
            for name, field in (
                ("name", "name"),
                ("subtitle", "subtitle"),
                ("iconName", "icon"),
                ("imageUrl", "image"),
            )
        }
        update = wish.get("contentUpdate")
        lines = self._checked_update(page, update) if update is not None else []

        def apply() -> None:
            for field, text in texts.items():
                if text is not None:
                    setattr(page, field, text)
            page.hidden = bool(wish.get("isHidden", page.hidden))
            if update is not None:
                _insert(page, update["insertionMode"], update.get("elementId"), lines)
            page.updated = self.state.touch(doc)

        return self.queued(doc, apply, id=page.id)

    def _checked_update(self, page: Page, update: Any) -> list[Line]:
        if not isinstance(update, dict) or update.get("insertionMode") not in _MODES:
            raise Refusal(400, "A content update needs an insertionMode.")
        if page.content_type != "canvas":
            raise Refusal(400, "Only canvas pages have content.")
        element = text_of(update, "elementId")
        if element is not None and all(line.id != element for line in page.lines):
            raise Refusal(400, "Could not find the element.")
        return self._lines(update.get("canvasContent"))

    def _delete(self, call: Call) -> Answer:
        doc = self.doc(call)
        page = doc.page(call.params["page"])

        def apply() -> None:
            for gone in _with_children(doc, page):
                if doc.pages.pop(gone.id, None) is not None:
                    doc.gone.add(gone.id)
            self.state.touch(doc)

        return self.queued(doc, apply, id=page.id)

    def _content(self, call: Call) -> Answer:
        choice(call, "contentFormat", ("plainText",))
        page = self.doc(call).page(call.params["page"])
        return self.lists.answer(call, lambda: list(page.lines), self.shapes.line, most=500, default=50)

    def _clear(self, call: Call) -> Answer:
        doc = self.doc(call)
        page = doc.page(call.params["page"])
        elements = only(call.json_object() if call.body else {}, "elementIds").get("elementIds")

        def apply() -> None:
            page.lines = [line for line in page.lines if elements and line.id not in elements]
            page.updated = self.state.touch(doc)

        return self.queued(doc, apply, id=page.id)

    def _begin_export(self, call: Call) -> Answer:
        page = self.doc(call).page(call.params["page"])
        form = needed(only(call.json_object(), "outputFormat"), "outputFormat")
        if form not in MEDIA_TYPES:
            raise Refusal(400, "outputFormat must be html or markdown.")
        if page.content_type != "canvas":
            raise Refusal(400, "Only canvas pages can be exported.")
        export = Export(
            self.state.new_id("export-"),
            page.id,
            self.parts.seconds(),
            written(page, form).encode(),
            MEDIA_TYPES[form],
            self.state.export_errors.pop(0) if self.state.export_errors else None,
        )
        self.state.exports[export.id] = export
        return Answer(202, self._export_document(call, export, "inProgress"))

    def _export(self, call: Call) -> Answer:
        page = self.doc(call).page(call.params["page"])
        export = self.state.exports.get(call.params["export"])
        if export is None or export.page != page.id:
            raise Refusal(404, "Could not find the export.")
        age = self.parts.seconds() - export.begun
        if age < self.parts.unknown_seconds:
            raise Refusal(404, "Could not find the export.")
        if age < self.parts.export_seconds:
            return Answer(200, self._export_document(call, export, "inProgress"))
        if export.error is not None:
            return Answer(200, {**self._export_document(call, export, "failed"), "error": export.error})
        link = self.parts.download_link(export.id)
        return Answer(200, {**self._export_document(call, export, "complete"), "downloadLink": link})

    def _export_document(self, call: Call, export: Export, status: str) -> dict[str, Any]:
        href = self.shapes.href("docs", call.params["doc"], "pages", export.page, "export", export.id)
        return {"id": export.id, "status": status, "href": href}


def _with_children(doc: Doc, page: Page) -> Iterator[Page]:
    yield page
    for other in list(doc.pages.values()):
        if other.parent == page.id:
            yield from _with_children(doc, other)


def _insert(page: Page, mode: str, element: str | None, lines: list[Line]) -> None:
    """Put lines before, after or in the place of an element, or of everything."""
    start, end = 0, len(page.lines)
    if element is not None:
        # it may have gone since the change was accepted: then the page's end is as good as any place
        start = next((number for number, line in enumerate(page.lines) if line.id == element), end)
        end = min(start + 1, end)
    if mode == "append":
        start = end
    elif mode == "prepend":
        end = start
    page.lines[start:end] = lines
