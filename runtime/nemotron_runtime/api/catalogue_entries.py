"""Encodes what is served as catalogue entries."""

from __future__ import annotations

from decimal import Decimal

from nemotron_runtime.models.parameters import SUPPORTED_PARAMETERS
from nemotron_runtime.models.provider import PROVIDER_NAME, PROVIDER_SLUG
from nemotron_runtime.models.resolve import Resolved
from nemotron_runtime.models.served import Health, Percentiles, Served
from nemotron_runtime.models.spec import ModelSpec
from nemotron_runtime.wire.catalogue import (
    Architecture,
    DefaultParameters,
    EndpointEntry,
    ModelEndpoints,
    ModelEntry,
    PercentileBody,
    ProviderEntry,
)

TOKENIZER = "Other"
"""OpenRouter's list of tokenizer families has none of NVIDIA's."""


def model_entry(served: Served, resolved: Resolved) -> ModelEntry:
    """Encodes the model, or a variant of it, as ``/models`` lists it."""
    spec = served.spec
    return {
        "id": resolved.model,
        "canonical_slug": spec.slug,
        "hugging_face_id": spec.hugging_face_id,
        "name": _name(spec, resolved),
        "created": spec.created,
        "description": spec.description,
        "context_length": served.context_tokens,
        "architecture": _architecture(),
        "pricing": {
            "prompt": price_text(resolved.prices.prompt),
            "completion": price_text(resolved.prices.completion),
        },
        "top_provider": {
            "context_length": served.context_tokens,
            "max_completion_tokens": served.max_completion_tokens,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": list(SUPPORTED_PARAMETERS),
        "default_parameters": _defaults(spec),
        "supported_voices": None,
        "knowledge_cutoff": spec.knowledge_cutoff,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{spec.slug}/endpoints"},
        "reasoning": {
            "mandatory": False,
            "default_enabled": spec.template.enable_thinking,
            "supported_efforts": None,
            "supports_max_tokens": True,
        },
    }


def endpoint_entry(served: Served, resolved: Resolved, health: Health) -> EndpointEntry:
    """Encodes the model at this provider."""
    return {
        "name": f"{PROVIDER_NAME} | {resolved.model}",
        "model_id": resolved.model,
        "model_name": _name(served.spec, resolved),
        "context_length": served.context_tokens,
        "pricing": {
            "prompt": price_text(resolved.prices.prompt),
            "completion": price_text(resolved.prices.completion),
            "discount": 0,
        },
        "provider_name": PROVIDER_NAME,
        "tag": PROVIDER_SLUG,
        "quantization": served.quantization,
        "max_completion_tokens": served.max_completion_tokens,
        "max_prompt_tokens": None,
        "supported_parameters": list(SUPPORTED_PARAMETERS),
        "status": health.status,
        "uptime_last_5m": health.uptime_last_5m,
        "uptime_last_30m": health.uptime_last_30m,
        "uptime_last_1d": health.uptime_last_1d,
        "supports_implicit_caching": served.caches_prompts,
        "latency_last_30m": _percentiles(health.latency_last_30m),
        "throughput_last_30m": _percentiles(health.throughput_last_30m),
        "native_tools": {},
        "service_tier": None,
        "supports_diarization": False,
        "supports_tool_choice": {"auto": True, "none": True, "required": True, "function": True},
    }


def model_endpoints(served: Served, resolved: Resolved, health: Health) -> ModelEndpoints:
    """Encodes the model with its one endpoint."""
    return {
        "id": resolved.model,
        "name": _name(served.spec, resolved),
        "created": served.spec.created,
        "description": served.spec.description,
        "architecture": _architecture(),
        "endpoints": [endpoint_entry(served, resolved, health)],
    }


def provider_entry() -> ProviderEntry:
    """Encodes who serves: whoever runs this process, so there is no page and no place to name."""
    return {
        "name": PROVIDER_NAME,
        "slug": PROVIDER_SLUG,
        "privacy_policy_url": None,
        "terms_of_service_url": None,
        "status_page_url": None,
        "headquarters": None,
        "datacenters": None,
    }


def price_text(price: Decimal) -> str:
    """Writes a price without an exponent and without trailing zeros: ``0.00000005``, ``0``."""
    text = f"{price:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _name(spec: ModelSpec, resolved: Resolved) -> str:
    return spec.name + "".join(f" ({variant})" for variant in resolved.variants)


def _architecture() -> Architecture:
    return {
        "modality": "text->text",
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "tokenizer": TOKENIZER,
        "instruct_type": None,
    }


def _defaults(spec: ModelSpec) -> DefaultParameters:
    return {
        "temperature": spec.sampling.temperature,
        "top_p": spec.sampling.top_p,
        "top_k": spec.sampling.top_k or None,
        "frequency_penalty": None,
        "presence_penalty": None,
        "repetition_penalty": None,
    }


def _percentiles(percentiles: Percentiles | None) -> PercentileBody | None:
    if percentiles is None:
        return None
    return {"p50": percentiles.p50, "p75": percentiles.p75, "p90": percentiles.p90, "p99": percentiles.p99}
