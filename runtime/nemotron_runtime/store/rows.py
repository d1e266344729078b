"""Between a record and its row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import RowMapping

from nemotron_runtime.chat.call_check import CallCounts
from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.chat.record import App, Caller, Content, Cost, GenerationRecord, Outcome
from nemotron_runtime.store.tally import app_id

_LONGEST = 2000


def generation_row(record: GenerationRecord) -> dict[str, Any]:
    """The row of ``generations``."""
    usage, timings, calls, caller = record.usage, record.timings, record.calls, record.caller
    return {
        "id": record.id,
        "created_s": record.created_s,
        "model": record.model,
        "requested_model": _short(record.requested_model),
        "api_type": caller.api_type,
        "streamed": record.streamed,
        "outcome": record.outcome,
        "finish_reason": record.finish_reason,
        "native_finish_reason": record.native_finish_reason,
        "error_type": record.error_type,
        "error_status": record.error_status,
        "error_message": _short(record.error_message),
        "service_tier": _short(record.service_tier),
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cached_tokens": usage.cached_tokens,
        "prompt_cost_usd": record.cost.prompt,
        "completion_cost_usd": record.cost.completion,
        "first_token_s": timings.first_token_s,
        "total_s": timings.total_s,
        "calls": calls.total,
        "invalid_json_calls": calls.invalid_json,
        "unknown_name_calls": calls.unknown_name,
        "schema_mismatch_calls": calls.schema_mismatch,
        "key_hash": caller.key_hash,
        "app_id": app_id(caller.app) if caller.app else None,
        "referer": _short(caller.referer),
        "user_agent": _short(caller.user_agent),
        "session_id": _short(caller.session_id),
        "external_user": _short(caller.user),
    }


def content_row(record: GenerationRecord, content: Content) -> dict[str, Any]:
    """The row of ``contents``."""
    return {
        "id": record.id,
        "created_s": record.created_s,
        "messages_json": _storable(content.messages_json),
        "completion": _storable(content.completion),
        "reasoning": _storable(content.reasoning),
        "calls_json": _storable(content.calls_json),
    }


def app_row(app: App, first_s: int, last_s: int) -> dict[str, Any]:
    """The row of ``apps``."""
    return {
        "id": app_id(app),
        "identity": _short(app.identity),
        "title": _short(app.title),
        "url": _short(app.url),
        "categories": json.dumps(app.categories),
        "hidden": app.hidden,
        "first_seen_s": first_s,
        "last_seen_s": last_s,
    }


def record_of(row: RowMapping) -> GenerationRecord:
    """The record of a row of ``generations`` joined with ``apps``; without content."""
    return GenerationRecord(
        id=row["id"],
        created_s=row["created_s"],
        model=row["model"],
        requested_model=row["requested_model"],
        streamed=row["streamed"],
        outcome=cast(Outcome, row["outcome"]),
        usage=Usage(
            row["prompt_tokens"], row["completion_tokens"], row["reasoning_tokens"], row["cached_tokens"]
        ),
        timings=Timings(row["first_token_s"], row["total_s"]),
        finish_reason=row["finish_reason"],
        native_finish_reason=row["native_finish_reason"],
        error_type=row["error_type"],
        error_status=row["error_status"],
        error_message=row["error_message"],
        service_tier=row["service_tier"],
        cost=Cost(row["prompt_cost_usd"], row["completion_cost_usd"]),
        calls=CallCounts(
            row["calls"], row["invalid_json_calls"], row["unknown_name_calls"], row["schema_mismatch_calls"]
        ),
        caller=_caller(row),
    )


def content_of(row: RowMapping) -> Content:
    """The content of a row of ``contents``."""
    return Content(row["messages_json"], row["completion"], row["reasoning"], row["calls_json"])


def _caller(row: RowMapping) -> Caller:
    return Caller(
        key_hash=row["key_hash"],
        app=app_of(row) if row["identity"] is not None else None,
        referer=row["referer"],
        user_agent=row["user_agent"],
        session_id=row["session_id"],
        user=row["external_user"],
        api_type=row["api_type"],
    )


def app_of(row: Mapping[Any, Any]) -> App:
    """The app of a row that has the columns of ``apps``."""
    return App(
        identity=row["identity"],
        title=row["title"],
        url=row["url"],
        categories=tuple(json.loads(row["categories"])),
        hidden=row["hidden"],
    )


def _short(text: str | None) -> str | None:
    return None if text is None else _storable(text[:_LONGEST])


def _storable(text: str) -> str:
    """Without what PostgreSQL refuses in a text, or UTF-8."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
