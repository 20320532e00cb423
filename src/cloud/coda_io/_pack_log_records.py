"""What Packs, ingestions and agents have done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cloud.coda_io._record import CodaRecord, aside, integer, many, mapping, moment, needed, one, wire
from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping


def _epoch(value: object) -> datetime | None:
    """Return a time that the service writes as milliseconds since 1970; one before 2001 would be seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e14:
        return None
    return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, timezone.utc)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackLogContext(CodaRecord):
    """Where something in a log happened. What is not named here is in `raw`.

    Attributes:
        log_id: what `get_pack_log_details` takes.
        details_key: what it takes, too.
        created_at: when, in UTC.
        request_id: the call.
        request_type: what kind of call.
        doc_id: the doc.
        pack_id: the Pack.
        pack_version: its version.
        formula_name: its formula.
        user_id: who caused it.
        connection_id: the account that was used.
        connection_name: what it is called.
        ingestion_id: the ingestion.
        root_ingestion_id: the first of its kind.
        ingestion_execution_id: the run of it.
        agent_session_id: the chat.
        agent_instance_id: the agent.
    """

    log_id: str | None = None
    details_key: str | None = None
    created_at: datetime | None = wire(moment)
    request_id: str | None = None
    request_type: str | None = None
    doc_id: str | None = None
    pack_id: str | None = None
    pack_version: str | None = None
    formula_name: str | None = None
    user_id: str | None = None
    connection_id: str | None = None
    connection_name: str | None = None
    ingestion_id: str | None = None
    root_ingestion_id: str | None = None
    ingestion_execution_id: str | None = None
    agent_session_id: str | None = None
    agent_instance_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackLog(CodaRecord):
    """An entry of a log. What belongs to its type only, and is not named here, is in `raw`.

    Attributes:
        type: ``custom``, ``fetcher``, ``invocation``, ``internal``, ``auth``, ``ingestionLifecycle``,
            ``ingestionDebug``, ``agentRuntime``, ``mcp``.
        context: where it happened.
        message: text.
        level: ``error``, ``warn``, ``info``, ``debug``, ``trace``, ``unknown``.
        error: what failed, by the service's names.
        duration: how long it took, in milliseconds.
        cache_hit: whether it was answered from a cache.
        response_code: of a fetch, the HTTP status.
        method: of a fetch, the HTTP method.
        base_url: of a fetch, where it went, without its query.
    """

    type: str
    context: PackLogContext | None = wire(one(PackLogContext))
    message: str | None = None
    level: str | None = None
    error: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)
    duration: float | None = None
    cache_hit: bool | None = None
    response_code: int | None = wire(integer)
    method: str | None = None
    base_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupedPackLog(CodaRecord):
    """An entry of a log with what it caused.

    Attributes:
        type: ``invocation`` or ``auth``.
        invocation_log: the call.
        auth_log: the login.
        related_logs: what it caused.
        is_incomplete: whether the service says that related entries are missing on its page.
    """

    type: str
    invocation_log: PackLog | None = wire(one(PackLog))
    auth_log: PackLog | None = wire(one(PackLog))
    related_logs: tuple[PackLog, ...] = needed(many(PackLog))
    is_incomplete: bool = aside(default=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackLogDetails(CodaRecord):
    """Everything that is known of an entry of a log; the fields of its type are in `details`.

    Attributes:
        type: ``fetcher``, ``invocation`` or ``agentRuntime``.
        details: the other fields, by the service's names: what was sent and received, results.
    """

    type: str
    details: Mapping[str, Any] = aside(EMPTY, hashed=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestionExecution(CodaRecord):
    """A run of an ingestion, or of one of the items in it. What is not named here is in `raw`.

    Attributes:
        ingestion_execution_id: its id.
        full_execution_id: id of the whole run; None for an item.
        ingestion_id: the ingestion.
        ingestion_name: its name.
        execution_type: ``FULL``, ``INCREMENTAL`` or ``PATCH``.
        ingestion_status: of an item: ``QUEUED``, ``STARTED``, ``COMPLETED``, ``FAILED``, ``CANCELLED``,
            ``UP_FOR_RETRY``.
        ingestion_status_counts: of a run: how many items are in which status.
        parent_item_id: of an item: its id.
        attempt_number: of an item: which try it is.
        error_message: of an item: what failed.
        row_count: of an item: rows.
        total_row_count: of a run: rows.
        creation_timestamp: when it was made, in UTC.
        start_timestamp: when it began, in UTC.
        completion_timestamp: when it ended, in UTC.
    """

    ingestion_execution_id: str
    full_execution_id: str | None = None
    ingestion_id: str | None = None
    ingestion_name: str | None = None
    execution_type: str | None = None
    ingestion_status: str | None = None
    ingestion_status_counts: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)
    parent_item_id: str | None = None
    attempt_number: int | None = wire(integer)
    error_message: str | None = None
    row_count: int | None = wire(integer)
    total_row_count: int | None = wire(integer)
    creation_timestamp: datetime | None = wire(_epoch)
    start_timestamp: datetime | None = wire(_epoch)
    completion_timestamp: datetime | None = wire(_epoch)
