"""Figures of use, by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.coda_io._cells import amount
from cloud.coda_io._record import CodaRecord, day, integer, needed, wire

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class DocMetrics(CodaRecord):
    """Use of a doc on one day, or until it.

    Attributes:
        date: the day.
        views: times it was looked at.
        copies: times it was copied.
        likes: times it was liked.
        sessions_mobile: sessions on phones.
        sessions_desktop: sessions on desktops.
        sessions_other: sessions elsewhere.
        total_sessions: sessions in all.
        ai_credits_chat: AI credits, chat.
        ai_credits_block: AI credits, block.
        ai_credits_column: AI credits, column.
        ai_credits_assistant: AI credits, assistant.
        ai_credits_reviewer: AI credits, reviewer.
        ai_credits: AI credits in all.
    """

    date: date = needed(day)
    views: int | None = wire(integer)
    copies: int | None = wire(integer)
    likes: int | None = wire(integer)
    sessions_mobile: int | None = wire(integer)
    sessions_desktop: int | None = wire(integer)
    sessions_other: int | None = wire(integer)
    total_sessions: int | None = wire(integer)
    ai_credits_chat: int | None = wire(integer)
    ai_credits_block: int | None = wire(integer)
    ai_credits_column: int | None = wire(integer)
    ai_credits_assistant: int | None = wire(integer)
    ai_credits_reviewer: int | None = wire(integer)
    ai_credits: int | None = wire(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageMetrics(CodaRecord):
    """Use of a page on one day.

    Attributes:
        date: the day.
        views: times it was looked at.
        sessions: sessions.
        users: people.
        average_seconds_viewed: seconds that it was looked at, on average.
        median_seconds_viewed: seconds that it was looked at, median.
        tabs: tabs it was opened in.
    """

    date: date = needed(day)
    views: int | None = wire(integer)
    sessions: int | None = wire(integer)
    users: int | None = wire(integer)
    average_seconds_viewed: int | None = wire(integer)
    median_seconds_viewed: int | None = wire(integer)
    tabs: int | None = wire(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackMetrics(CodaRecord):
    """Use of a Pack on one day, or until it.

    Attributes:
        date: the day.
        doc_installs: docs that it was added to.
        workspace_installs: workspaces that it was added to.
        num_formula_invocations: calls of formulas.
        num_action_invocations: calls of actions.
        num_sync_invocations: syncs of tables.
        num_metadata_invocations: calls for metadata.
        docs_actively_using: docs that use it, that day.
        docs_actively_using_7_day: docs that use it, within 7 days.
        docs_actively_using_30_day: docs that use it, within 30 days.
        docs_actively_using_90_day: docs that use it, within 90 days.
        docs_actively_using_all_time: docs that use it, ever.
        workspaces_actively_using: workspaces that use it, that day.
        workspaces_actively_using_7_day: workspaces that use it, within 7 days.
        workspaces_actively_using_30_day: workspaces that use it, within 30 days.
        workspaces_actively_using_90_day: workspaces that use it, within 90 days.
        workspaces_actively_using_all_time: workspaces that use it, ever.
        workspaces_actively_trialing: workspaces that try it, that day.
        workspaces_actively_trialing_7_day: workspaces that try it, within 7 days.
        workspaces_actively_trialing_30_day: workspaces that try it, within 30 days.
        workspaces_actively_trialing_90_day: workspaces that try it, within 90 days.
        workspaces_actively_trialing_all_time: workspaces that try it, ever.
        workspaces_newly_subscribed: workspaces that began to pay.
        workspaces_with_active_subscriptions: workspaces that pay.
        workspaces_with_successful_trials: workspaces that paid after a trial.
        revenue_usd: income in US dollars, exact.
    """

    date: date = needed(day)
    doc_installs: int | None = wire(integer)
    workspace_installs: int | None = wire(integer)
    num_formula_invocations: int | None = wire(integer)
    num_action_invocations: int | None = wire(integer)
    num_sync_invocations: int | None = wire(integer)
    num_metadata_invocations: int | None = wire(integer)
    docs_actively_using: int | None = wire(integer)
    docs_actively_using_7_day: int | None = wire(integer)
    docs_actively_using_30_day: int | None = wire(integer)
    docs_actively_using_90_day: int | None = wire(integer)
    docs_actively_using_all_time: int | None = wire(integer)
    workspaces_actively_using: int | None = wire(integer)
    workspaces_actively_using_7_day: int | None = wire(integer)
    workspaces_actively_using_30_day: int | None = wire(integer)
    workspaces_actively_using_90_day: int | None = wire(integer)
    workspaces_actively_using_all_time: int | None = wire(integer)
    workspaces_actively_trialing: int | None = wire(integer)
    workspaces_actively_trialing_7_day: int | None = wire(integer)
    workspaces_actively_trialing_30_day: int | None = wire(integer)
    workspaces_actively_trialing_90_day: int | None = wire(integer)
    workspaces_actively_trialing_all_time: int | None = wire(integer)
    workspaces_newly_subscribed: int | None = wire(integer)
    workspaces_with_active_subscriptions: int | None = wire(integer)
    workspaces_with_successful_trials: int | None = wire(integer)
    revenue_usd: Decimal | None = wire(amount, key="revenueUsd")


@dataclass(frozen=True, kw_only=True, slots=True)
class PackFormulaMetrics(CodaRecord):
    """Use of a formula of a Pack on one day, or until it.

    Attributes:
        date: the day.
        formula_invocations: calls.
        errors: calls that failed.
        median_latency_ms: median duration in milliseconds.
        median_response_size_bytes: median size of an answer in bytes.
        docs_actively_using: docs that use it, that day.
        docs_actively_using_7_day: docs that use it, within 7 days.
        docs_actively_using_30_day: docs that use it, within 30 days.
        docs_actively_using_90_day: docs that use it, within 90 days.
        docs_actively_using_all_time: docs that use it, ever.
        workspaces_actively_using: workspaces that use it, that day.
        workspaces_actively_using_7_day: workspaces that use it, within 7 days.
        workspaces_actively_using_30_day: workspaces that use it, within 30 days.
        workspaces_actively_using_90_day: workspaces that use it, within 90 days.
        workspaces_actively_using_all_time: workspaces that use it, ever.
        workspaces_actively_trialing: workspaces that try it, that day.
        workspaces_actively_trialing_7_day: workspaces that try it, within 7 days.
        workspaces_actively_trialing_30_day: workspaces that try it, within 30 days.
        workspaces_actively_trialing_90_day: workspaces that try it, within 90 days.
        workspaces_actively_trialing_all_time: workspaces that try it, ever.
        workspaces_newly_subscribed: workspaces that began to pay.
        workspaces_with_active_subscriptions: workspaces that pay.
        workspaces_with_successful_trials: workspaces that paid after a trial.
        revenue_usd: income in US dollars, exact.
    """

    date: date = needed(day)
    formula_invocations: int | None = wire(integer)
    errors: int | None = wire(integer)
    median_latency_ms: int | None = wire(integer)
    median_response_size_bytes: int | None = wire(integer)
    docs_actively_using: int | None = wire(integer)
    docs_actively_using_7_day: int | None = wire(integer)
    docs_actively_using_30_day: int | None = wire(integer)
    docs_actively_using_90_day: int | None = wire(integer)
    docs_actively_using_all_time: int | None = wire(integer)
    workspaces_actively_using: int | None = wire(integer)
    workspaces_actively_using_7_day: int | None = wire(integer)
    workspaces_actively_using_30_day: int | None = wire(integer)
    workspaces_actively_using_90_day: int | None = wire(integer)
    workspaces_actively_using_all_time: int | None = wire(integer)
    workspaces_actively_trialing: int | None = wire(integer)
    workspaces_actively_trialing_7_day: int | None = wire(integer)
    workspaces_actively_trialing_30_day: int | None = wire(integer)
    workspaces_actively_trialing_90_day: int | None = wire(integer)
    workspaces_actively_trialing_all_time: int | None = wire(integer)
    workspaces_newly_subscribed: int | None = wire(integer)
    workspaces_with_active_subscriptions: int | None = wire(integer)
    workspaces_with_successful_trials: int | None = wire(integer)
    revenue_usd: Decimal | None = wire(amount, key="revenueUsd")
