"""Reads the query of ``GET /models`` and decides whether the one model fits it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import ValidationError

from nemotron_runtime.api.catalogue_entries import TOKENIZER
from nemotron_runtime.api.faults import validation_message
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.models.parameters import SUPPORTED_PARAMETERS
from nemotron_runtime.models.provider import PROVIDER_NAME, PROVIDER_SLUG
from nemotron_runtime.models.served import Served
from nemotron_runtime.models.spec import ModelSpec
from nemotron_runtime.wire.model_query import ModelQuery

_DAY_S = 86_400
_TOKENS_PER_PRICE = 1_000_000


def parse_query(parameters: Mapping[str, str]) -> ModelQuery:
    """Parses query parameters; an empty one counts as absent.

    Raises:
        InvalidRequest: naming the parameter.
    """
    given = {name: value for name, value in parameters.items() if value}
    try:
        return ModelQuery.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(validation_message(error.errors(include_url=False), given)) from error


def fits(query: ModelQuery, served: Served, now_s: float) -> bool:
    """Tells whether the model passes every filter; one about something that isn't known is not passed."""
    spec = served.spec
    return (
        _fits_text(query, spec)
        and _fits_modalities(query)
        and _fits_prices(query, spec)
        and query.supported_parameters <= set(SUPPORTED_PARAMETERS)
        and query.context <= served.context_tokens
        and _within(query.min_age_days, (now_s - spec.created) / _DAY_S, query.max_age_days)
        and query.distillable != "false"
        and not (query.zdr and served.retains_prompts)
        and not _asks_the_unknown(query)
    )


def _fits_text(query: ModelQuery, spec: ModelSpec) -> bool:
    return (
        any(query.q.strip().lower() in text.lower() for text in (spec.slug, spec.name))
        and _any_of(query.model_authors, spec.author)
        and _any_of(query.providers, PROVIDER_NAME, PROVIDER_SLUG)
        and _any_of(query.arch, TOKENIZER)
    )


def _fits_modalities(query: ModelQuery) -> bool:
    return query.input_modalities <= {"text"} and not query.output_modalities.isdisjoint({"text", "all"})


def _fits_prices(query: ModelQuery, spec: ModelSpec) -> bool:
    return _within(query.min_price, _per_million(spec.prices.prompt), query.max_price) and _within(
        query.min_output_price, _per_million(spec.prices.completion), query.max_output_price
    )


def _asks_the_unknown(query: ModelQuery) -> bool:
    """No benchmark has scored this endpoint, and it doesn't know where it stands."""
    scores = ("intelligence_index", "coding_index", "agentic_index", "tool_success_rate")
    asked = {f"{bound}_{score}" for bound in ("min", "max") for score in scores} | {"region"}
    return not asked.isdisjoint(query.model_fields_set)


def _any_of(wanted: frozenset[str], *names: str) -> bool:
    return not wanted or any(name.lower() in wanted for name in names)


def _within(low: float | None, value: float, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _per_million(price: Decimal) -> float:
    return float(price * _TOKENS_PER_PRICE)
