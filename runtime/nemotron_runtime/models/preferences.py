"""``provider`` preferences, as far as one provider can honour them.

Hard filters that leave nothing are a 404 in the hosted endpoint's words; soft wishes (``sort``,
``preferred_min_throughput``, ``preferred_max_latency``) have no effect where there is no choice.
``data_collection: deny`` and ``enforce_distillable_text`` always hold: nothing is collected, and the weights
are open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from nemotron_runtime.errors import ModelNotFound
from nemotron_runtime.models.parameters import SUPPORTED_PARAMETERS, UNSUPPORTED_PARAMETERS
from nemotron_runtime.models.provider import PROVIDER_NAME, PROVIDER_SLUG
from nemotron_runtime.models.resolve import Resolved
from nemotron_runtime.models.served import Served
from nemotron_runtime.wire.request import ChatRequest, MaxPrice, ProviderPreferences

_TOKENS_PER_PRICE = 1_000_000


def used_parameters(request: ChatRequest) -> frozenset[str]:
    """Names the catalogue's parameters that a request sets; null counts as absent."""
    names = (*SUPPORTED_PARAMETERS, *UNSUPPORTED_PARAMETERS)
    return frozenset(name for name in names if getattr(request, name) is not None)


def check_preferences(
    preferences: ProviderPreferences | None, served: Served, resolved: Resolved, parameters: Iterable[str]
) -> None:
    """Passes where this endpoint fits the preferences.

    Args:
        parameters: What the request sets, see :func:`used_parameters`.

    Raises:
        ModelNotFound: A hard filter excludes the only endpoint.
    """
    if preferences is None:
        return
    _check_names(preferences, served, resolved)
    _check_quantizations(preferences.quantizations, served, resolved)
    _check_price(preferences.max_price, resolved)
    if preferences.zdr and served.retains_prompts:
        raise ModelNotFound("No endpoints found matching your data policy (Zero data retention).")
    unsupported = sorted(UNSUPPORTED_PARAMETERS.intersection(parameters))
    if preferences.require_parameters and unsupported:
        raise ModelNotFound(
            "No endpoints found that can handle the requested parameters.",
            metadata={"unsupported_parameters": unsupported},
        )


def _check_names(preferences: ProviderPreferences, served: Served, resolved: Resolved) -> None:
    if preferences.only and not _names_us(preferences.only, served):
        raise _excluded(resolved, "only", preferences.only, requested_providers=preferences.only)
    if preferences.ignore and _names_us(preferences.ignore, served):
        raise ModelNotFound(
            "All providers have been ignored.",
            metadata={"available_providers": [PROVIDER_SLUG], "ignored_providers": preferences.ignore},
        )
    if (
        preferences.order
        and preferences.allow_fallbacks is False
        and not _names_us(preferences.order, served)
    ):
        raise _excluded(resolved, "order", preferences.order, requested_providers=preferences.order)


def _names_us(names: Iterable[str], served: Served) -> bool:
    """Looks for the slug, alone or with the quantization (``nemotron-runtime/bf16``), or the display name."""
    ours = {PROVIDER_SLUG, PROVIDER_NAME.lower(), f"{PROVIDER_SLUG}/{served.quantization}"}
    return any(name.lower() in ours for name in names)


def _check_quantizations(wanted: list[str] | None, served: Served, resolved: Resolved) -> None:
    if wanted and served.quantization not in (word.lower() for word in wanted):
        raise _excluded(resolved, "quantizations", wanted)


def _check_price(limits: MaxPrice | None, resolved: Resolved) -> None:
    for name in ("prompt", "completion") if limits else ():
        limit: Decimal | None = getattr(limits, name)
        price: Decimal = getattr(resolved.prices, name) * _TOKENS_PER_PRICE
        if limit is not None and price > limit:
            raise _excluded(resolved, f"max_price.{name}", [f"{limit:f}"])


def _excluded(
    resolved: Resolved, preference: str, permitted: Sequence[str], **metadata: Any
) -> ModelNotFound:
    return ModelNotFound(
        "No allowed providers are available for the selected model. "
        f"Providers serving {resolved.model}: {PROVIDER_SLUG}, but your request's provider.{preference} "
        f"preference permits only: {', '.join(permitted)}.",
        metadata={"available_providers": [PROVIDER_SLUG], **metadata},
    )
