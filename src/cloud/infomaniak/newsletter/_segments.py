"""Segments and fields: rules that select subscribers, and what the rules are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from cloud.common import errors as e
from cloud.common.models import to_json
from cloud.infomaniak.newsletter import _values as v
from cloud.infomaniak.newsletter._choices import SegmentRule, Selection, needed_change
from cloud.infomaniak.newsletter._content_records import Segment
from cloud.infomaniak.newsletter._core import NewsletterCore, filtering, loading, was_done
from cloud.infomaniak.newsletter._records import Field, Subscriber
from cloud.infomaniak.newsletter._subscribers import status_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloud.common._paging import Pager
    from cloud.infomaniak.newsletter._choices import Listing
    from cloud.infomaniak.newsletter._core import Envelope
    from cloud.infomaniak.newsletter._subscribers import Status

    FieldType = Literal["boolean", "date_en", "date_fr", "email", "float", "number", "text"]

_FIELD_TYPES = ("boolean", "date_en", "date_fr", "email", "float", "number", "text")


class SegmentCalls(NewsletterCore):
    """The calls about segments and fields."""

    # -- segments ----------------------------------------------------------------------------------------------
    def iter_segments(
        self,
        *,
        search: str | None = None,
        status: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Segment]:
        """Return the segments, fetched page by page as you iterate; see `iter_subscribers` for the arguments."""
        return self._pages(
            "list_segments",
            Segment.of,
            query=[loading(include), *filtering(search=search, status=status)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_segments(
        self, *, search: str | None = None, status: str | None = None, include: Sequence[str] = ()
    ) -> list[Segment]:
        """Return all segments, of every page."""
        return self.iter_segments(search=search, status=status, include=include).to_list()

    def get_segment(self, segment_id: int | str, *, include: Sequence[str] = ()) -> Segment:
        """Return one segment."""
        return self._ask("get_segment", _segment, parts=_segment_part(segment_id), query=[loading(include)])

    def create_segment(self, name: str, rule: SegmentRule | Mapping[str, Any]) -> Segment:
        """Return a new segment. One call never makes two.

        Args:
            name: its name.
            rule: who is in it.
        """
        body = {"name": v.checked_text(name, "name"), "data": _rule(rule)}
        return self._ask("create_segment", _segment, body=body)

    def update_segment(
        self,
        segment_id: int | str,
        *,
        name: str | None = None,
        rule: SegmentRule | Mapping[str, Any] | None = None,
    ) -> Segment:
        """Return the segment with what you give; the rest stays as it is."""
        body = v.given(
            name=None if name is None else v.checked_text(name, "name"),
            data=None if rule is None else _rule(rule),
        )
        needed_change(body)
        return self._ask("update_segment", _segment, parts=_segment_part(segment_id), body=body)

    def delete_segment(self, segment_id: int | str) -> bool:
        """Make sure that the segment is gone; False when there was none. Its subscribers stay."""
        return self._remove("delete_segment", "segment", segment_id)

    def delete_segments(self, chosen: Selection | Iterable[int]) -> bool:
        """Delete many segments, and return True."""
        return self._ask("delete_segments", was_done, body=Selection.of(chosen).body())

    def iter_segment_subscribers(
        self,
        segment_id: int | str,
        *,
        status: Status | None = None,
        search: str | None = None,
        include: Sequence[str] = (),
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Subscriber]:
        """Return who fits a segment, page by page; see `iter_subscribers` for the arguments."""
        return self._pages(
            "list_segment_subscribers",
            Subscriber.of,
            parts=_segment_part(segment_id),
            query=[loading(include), *filtering(status=status_text(status), search=search)],
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_segment_subscribers(
        self,
        segment_id: int | str,
        *,
        status: Status | None = None,
        search: str | None = None,
        include: Sequence[str] = (),
    ) -> list[Subscriber]:
        """Return all who fit a segment, of every page."""
        return self.iter_segment_subscribers(
            segment_id, status=status, search=search, include=include
        ).to_list()

    # -- fields ------------------------------------------------------------------------------------------------
    def iter_fields(
        self,
        *,
        search: str | None = None,
        listing: Listing | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Pager[Field]:
        """Return the fields that subscribers have, fetched page by page as you iterate."""
        return self._pages(
            "list_fields",
            Field.of,
            query=filtering(search=search),
            listing=listing,
            limit=limit,
            token=token,
        )

    def list_fields(self, *, search: str | None = None) -> list[Field]:
        """Return all fields that subscribers have, of every page."""
        return self.iter_fields(search=search).to_list()

    def create_field(
        self,
        name: str,
        type: FieldType = "text",  # noqa: A002  # the service's word
        *,
        slug: str | None = None,
    ) -> Field:
        """Return a new field. One call never makes two.

        Args:
            name: what people call it.
            type: of its values: ``text``, ``number``, ``float``, ``boolean``, ``email``, ``date_en``, ``date_fr``.
            slug: what templates call it; made of the name by the service.
        """
        if type not in _FIELD_TYPES:
            raise e.InvalidRequestError(
                f"{type!r} is no type of a field: {', '.join(_FIELD_TYPES)}", request_sent=False
            )
        slug = None if slug is None else v.checked_text(slug, "slug")
        body = {"name": v.checked_text(name, "name"), "type": type, **v.given(slug=slug)}
        return self._ask("create_field", _field, body=body)

    def update_field(self, field_id: int | str, name: str) -> Field:
        """Return the field under its new name."""
        body = {"name": v.checked_text(name, "name")}
        return self._ask("update_field", _field, parts={"field": v.id_of(field_id, "field")}, body=body)

    def delete_field(self, field_id: int | str) -> bool:
        """Make sure that the field is gone, with its values; False when there was none."""
        return self._remove("delete_field", "field", field_id)

    def delete_fields(self, chosen: Selection | Iterable[int]) -> bool:
        """Delete many fields with their values, and return True."""
        return self._ask("delete_fields", was_done, body=Selection.of(chosen).body())


def _segment(envelope: Envelope) -> Segment:
    return Segment.of(v.needed_object(envelope.data))


def _field(envelope: Envelope) -> Field:
    return Field.of(v.needed_object(envelope.data))


def _segment_part(segment_id: int | str) -> dict[str, int | str]:
    return {"segment": v.id_of(segment_id, "segment")}


def _rule(rule: SegmentRule | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(rule, SegmentRule):
        return rule.body()
    if not isinstance(rule, Mapping):
        raise e.InvalidRequestError("a rule is a SegmentRule", request_sent=False)
    return dict(to_json(rule))  # as the service gave it: Segment.rule of another segment
