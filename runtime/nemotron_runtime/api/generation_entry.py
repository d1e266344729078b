"""Encodes a stored generation for ``/generation`` and ``/generation/content``."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import orjson

from nemotron_runtime.api.key_entries import usd
from nemotron_runtime.chat.record import Content, GenerationRecord
from nemotron_runtime.models.provider import PROVIDER_NAME, PROVIDER_SLUG
from nemotron_runtime.store.tally import app_id
from nemotron_runtime.wire.generation import GenerationContent, GenerationEntry, ProviderResponse
from nemotron_runtime.wire.key_terms import WORKSPACE


def generation_entry(record: GenerationRecord) -> GenerationEntry:
    """Encodes everything but what was said. A failed generation's finish reason is ``error``."""
    usage, timings, caller = record.usage, record.timings, record.caller
    first_ms = None if timings.first_token_s is None else _ms(timings.first_token_s)
    finish = "error" if record.outcome == "failed" else record.finish_reason
    return {
        "id": record.id,
        "request_id": record.id.replace("gen-", "req-", 1),
        "upstream_id": None,
        "api_type": caller.api_type,
        "model": record.model,
        "provider_name": PROVIDER_NAME,
        "provider_responses": [_attempt(record, first_ms)],
        "created_at": datetime.fromtimestamp(record.created_s, UTC).isoformat(),
        "streamed": record.streamed,
        "cancelled": record.cancelled,
        "finish_reason": finish,
        "native_finish_reason": record.native_finish_reason or finish,
        "latency": first_ms,
        "generation_time": _ms(timings.total_s),
        "moderation_latency": None,
        "tokens_prompt": usage.prompt_tokens,
        "tokens_completion": usage.completion_tokens,
        "native_tokens_prompt": usage.prompt_tokens,
        "native_tokens_completion": usage.completion_tokens,
        "native_tokens_reasoning": usage.reasoning_tokens,
        "native_tokens_cached": usage.cached_tokens,
        "native_tokens_completion_images": None,
        "total_cost": usd(record.cost.total),
        "usage": usd(record.cost.total),
        "upstream_inference_cost": 0.0,
        "cache_discount": None,
        "is_byok": False,
        "num_media_prompt": None,
        "num_media_completion": None,
        "num_input_audio_prompt": None,
        "num_search_results": None,
        "num_fetches": None,
        "origin": (caller.app.url if caller.app else None) or "",
        "http_referer": caller.referer,
        "user_agent": caller.user_agent,
        "app_id": app_id(caller.app) if caller.app else None,
        "external_user": caller.user,
        "session_id": caller.session_id,
        "router": None,
        "preset_id": None,
        "service_tier": record.service_tier,
        "data_region": "global",
        "web_search_engine": None,
        "workspace_id": WORKSPACE,
        "response_cache_source_id": None,
    }


def generation_content(record: GenerationRecord, content: Content) -> GenerationContent:
    """Encodes what was said, and what went wrong. ``tool_calls`` of the output is ours."""
    failed = record.outcome == "failed"
    return {
        "input": {"messages": orjson.loads(content.messages_json)},
        "output": {
            "completion": content.completion or None,
            "reasoning": content.reasoning or None,
            "tool_calls": orjson.loads(content.calls_json),
        },
        "error": {
            "message": record.error_message,
            "status": record.error_status,
            "provider_name": PROVIDER_NAME,
            "raw": None,
            "previous_errors": [],
        }
        if failed
        else None,
    }


def _attempt(record: GenerationRecord, first_ms: float | None) -> ProviderResponse:
    attempt: ProviderResponse = {
        "status": record.error_status or 200,
        "provider_name": PROVIDER_NAME,
        "endpoint_id": endpoint_id(record.model),
        "is_byok": False,
        "model_permaslug": record.model,
    }
    if first_ms is not None:
        attempt["latency"] = first_ms
    return attempt


def endpoint_id(model: str) -> str:
    """One for each model and variant, the same on every box."""
    return str(uuid5(NAMESPACE_URL, f"{PROVIDER_SLUG}/{model}"))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
