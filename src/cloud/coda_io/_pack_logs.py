"""Logs of Packs, ingestions and agents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from cloud.coda_io._core import CodaCore, commas
from cloud.coda_io._pack_log_records import GroupedPackLog, IngestionExecution, PackLog, PackLogDetails
from cloud.common.models import FrozenMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cloud._dialects.rest._paths import Value
    from cloud.common._paging import Pager

LogOrder = Literal["asc", "desc"]


class PackLogOperations(CodaCore):
    """Operations on logs. The arguments mean the same everywhere.

    `limit`: entries in all; `page_token`: where to go on, nothing else counts then; `log_types`: entries of
    these types; `before_timestamp`, `after_timestamp`: entries of that time; `order`: ``asc`` or ``desc``;
    `q`: a query in Lucene's syntax; `request_ids`: entries of these calls; `page_size`: entries per request, at
    most 100.
    """

    def list_pack_logs(
        self,
        pack_id: int | str,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        log_types: Iterable[str] | None = None,
        before_timestamp: datetime | str | None = None,
        after_timestamp: datetime | str | None = None,
        order: LogOrder | None = None,
        q: str | None = None,
        request_ids: Iterable[str] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackLog]:
        """Return what a Pack has done in a doc."""
        query = _query(log_types, before_timestamp, after_timestamp, order, q, request_ids)
        return self._list(
            "list_pack_logs",
            PackLog.from_dict,
            pack_id,
            doc_id,
            query=query,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def list_grouped_pack_logs(
        self,
        pack_id: int | str,
        doc_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        before_timestamp: datetime | str | None = None,
        after_timestamp: datetime | str | None = None,
        order: LogOrder | None = None,
        q: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[GroupedPackLog]:
        """Return what a Pack has done in a doc, each call with what it caused."""
        return self._list(
            "list_grouped_pack_logs",
            GroupedPackLog.from_dict,
            pack_id,
            doc_id,
            query=_query(None, before_timestamp, after_timestamp, order, q),
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            mark=_mark,
        )

    def list_ingestion_logs(
        self,
        pack_id: int | str,
        tenant_id: str,
        root_ingestion_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        log_types: Iterable[str] | None = None,
        ingestion_execution_id: str | None = None,
        before_timestamp: datetime | str | None = None,
        after_timestamp: datetime | str | None = None,
        ingestion_status: str | None = None,
        only_execution_completions: bool | None = None,
        order: LogOrder | None = None,
        q: str | None = None,
        request_ids: Iterable[str] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackLog]:
        """Return what an ingestion has done; of one run, one status, or the ends of runs only."""
        query = {
            **_query(log_types, before_timestamp, after_timestamp, order, q, request_ids),
            "ingestionExecutionId": ingestion_execution_id,
            "ingestionStatus": ingestion_status,
            "onlyExecutionCompletions": only_execution_completions,
        }
        return self._list(
            "list_ingestion_logs",
            PackLog.from_dict,
            pack_id,
            tenant_id,
            root_ingestion_id,
            query=query,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def list_grouped_ingestion_logs(
        self,
        pack_id: int | str,
        tenant_id: str,
        root_ingestion_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        ingestion_execution_id: str | None = None,
        before_timestamp: datetime | str | None = None,
        after_timestamp: datetime | str | None = None,
        order: LogOrder | None = None,
        q: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[GroupedPackLog]:
        """Return what an ingestion has done, each call with what it caused."""
        query = {
            **_query(None, before_timestamp, after_timestamp, order, q),
            "ingestionExecutionId": ingestion_execution_id,
        }
        return self._list(
            "list_grouped_ingestion_logs",
            GroupedPackLog.from_dict,
            pack_id,
            tenant_id,
            root_ingestion_id,
            query=query,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            mark=_mark,
        )

    def list_ingestion_batch_executions(
        self,
        pack_id: int | str,
        tenant_id: str,
        root_ingestion_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        datasource: str | None = None,
        execution_type: Literal["FULL", "INCREMENTAL"] | None = None,
        include_deleted_ingestions: bool | None = None,
        ingestion_execution_id: str | None = None,
        ingestion_id: str | None = None,
        ingestion_status: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[IngestionExecution]:
        """Return the runs of an ingestion."""
        return self._list(
            "list_ingestion_batch_executions",
            IngestionExecution.from_dict,
            pack_id,
            tenant_id,
            root_ingestion_id,
            query={
                "datasource": datasource,
                "executionType": execution_type,
                "includeDeletedIngestions": include_deleted_ingestions,
                "ingestionExecutionId": ingestion_execution_id,
                "ingestionId": ingestion_id,
                "ingestionStatus": ingestion_status,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def list_ingestion_parent_items(
        self,
        pack_id: int | str,
        tenant_id: str,
        root_ingestion_id: str,
        ingestion_execution_id: str,
        ingestion_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        ingestion_status: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[IngestionExecution]:
        """Return the items of a run of an ingestion."""
        return self._list(
            "list_ingestion_parent_items",
            IngestionExecution.from_dict,
            pack_id,
            tenant_id,
            root_ingestion_id,
            ingestion_execution_id,
            query={"ingestionStatus": ingestion_status},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
            always={"ingestionId": ingestion_id},
        )

    def get_pack_log_details(
        self, pack_id: int | str, tenant_id: str, root_ingestion_id: str, log_id: str, details_key: str
    ) -> PackLogDetails:
        """Return everything that is known of an entry; `log_id` and `details_key` are in its context."""
        return self._one(
            "get_pack_log_details",
            _details,
            pack_id,
            tenant_id,
            root_ingestion_id,
            log_id,
            query={"detailsKey": details_key},
        )

    # -- agents ------------------------------------------------------------------------------------------------
    def list_agent_session_ids(
        self,
        tenant_id: str,
        agent_instance_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        agent_session_id: str | None = None,
        log_types: Iterable[str] | None = None,
        before_timestamp: datetime | str | None = None,
        after_timestamp: datetime | str | None = None,
        order: LogOrder | None = None,
        q: str | None = None,
        request_ids: Iterable[str] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackLog]:
        """Return an entry of each chat of an agent; its context has the chat's id."""
        query = {
            **_query(log_types, before_timestamp, after_timestamp, order, q, request_ids),
            "agentSessionId": agent_session_id,
        }
        return self._list(
            "list_agent_session_ids",
            PackLog.from_dict,
            tenant_id,
            agent_instance_id,
            query=query,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def list_agent_logs(
        self,
        tenant_id: str,
        agent_instance_id: str,
        limit: int | None = None,
        page_token: str | None = None,
        log_types: Iterable[str] | None = None,
        agent_session_id: str | None = None,
        before_timestamp: datetime | str | None = None,
        after_timestamp: datetime | str | None = None,
        order: LogOrder | None = None,
        q: str | None = None,
        request_ids: Iterable[str] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackLog]:
        """Return what an agent has done."""
        query = {
            **_query(log_types, before_timestamp, after_timestamp, order, q, request_ids),
            "agentSessionId": agent_session_id,
        }
        return self._list(
            "list_agent_logs",
            PackLog.from_dict,
            tenant_id,
            agent_instance_id,
            query=query,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def get_agent_pack_log_details(
        self, tenant_id: str, agent_instance_id: str, log_id: str, details_key: str
    ) -> PackLogDetails:
        """Return everything that is known of an entry; `log_id` and `details_key` are in its context."""
        return self._one(
            "get_agent_pack_log_details",
            _details,
            tenant_id,
            agent_instance_id,
            log_id,
            query={"detailsKey": details_key},
        )


def _query(
    log_types: Iterable[str] | None,
    before_timestamp: datetime | str | None,
    after_timestamp: datetime | str | None,
    order: str | None,
    q: str | None,
    request_ids: Iterable[str] | None = None,
) -> dict[str, Value]:
    return {
        "logTypes": commas(log_types, "log_types"),
        "beforeTimestamp": before_timestamp,
        "afterTimestamp": after_timestamp,
        "order": order,
        "q": q,
        "requestIds": commas(request_ids, "request_ids"),
    }


def _mark(item: GroupedPackLog, page: Mapping[str, Any]) -> GroupedPackLog:
    """Say on each entry what the service says of its page only."""
    return replace(item, is_incomplete=page.get("incompleteRelatedLogs") is True)


def _details(document: dict[str, Any]) -> PackLogDetails:
    others = {name: value for name, value in document.items() if name != "type"}
    return replace(PackLogDetails.from_dict(document), details=FrozenMap(others))
