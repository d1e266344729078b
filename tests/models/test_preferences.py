from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from nemotron_runtime.errors import ModelNotFound
from nemotron_runtime.models.preferences import check_preferences, used_parameters
from nemotron_runtime.models.provider import PROVIDER_NAME, PROVIDER_SLUG
from nemotron_runtime.models.resolve import resolve
from nemotron_runtime.models.served import Served
from nemotron_runtime.models.spec import ModelSpec, Prices
from nemotron_runtime.wire.request import ChatRequest, ProviderPreferences

SLUG = "nvidia/nemotron-3-nano-30b-a3b"
SERVED = Served(
    spec=ModelSpec(
        slug=SLUG,
        name="A model",
        description="",
        created=0,
        context_tokens=1024,
        thinking_allowance_tokens=64,
        quantization="bf16",
        prices=Prices(prompt=Decimal("0.00000005"), completion=Decimal("0.0000002")),
    ),
    context_tokens=1024,
    quantization="fp8",
)
KEEPING = dataclasses.replace(SERVED, retains_prompts=True)


def _check(
    preferences: dict[str, Any], *parameters: str, served: Served = SERVED, model: str | None = None
) -> None:
    resolved = resolve(model, None, None, served.spec)
    check_preferences(ProviderPreferences.model_validate(preferences), served, resolved, parameters)


def test_no_preferences_fit() -> None:
    check_preferences(None, SERVED, resolve(None, None, None, SERVED.spec), ["top_a"])


@pytest.mark.parametrize(
    "preferences",
    [
        {},
        {"only": []},
        {"only": ["azure", PROVIDER_SLUG]},
        {"only": [PROVIDER_NAME]},
        {"only": ["Nemotron-Runtime/FP8"]},
        {"ignore": ["azure", f"{PROVIDER_SLUG}/bf16"]},
        {"order": ["azure"]},
        {"order": ["azure"], "allow_fallbacks": True},
        {"order": ["azure", PROVIDER_SLUG], "allow_fallbacks": False},
        {"allow_fallbacks": False},
        {"quantizations": []},
        {"quantizations": ["int4", "FP8"]},
        {"max_price": {}},
        {"max_price": {"prompt": 0.05, "completion": "0.2"}},
        {"max_price": {"request": 0, "image": 0, "audio": 0}},
        {"require_parameters": True},
        {"data_collection": "deny", "zdr": True, "enforce_distillable_text": True},
        {"sort": "price", "preferred_min_throughput": 1e9, "preferred_max_latency": {"p99": 0.0}},
        {"sort": {"by": "throughput", "partition": "none"}},
    ],
)
def test_what_one_provider_fulfils_or_may_ignore(preferences: dict[str, Any]) -> None:
    _check(preferences, "temperature", "tools")


@pytest.mark.parametrize(
    ("preferences", "preference"),
    [
        ({"only": ["azure", "deepinfra/fp8"]}, "only preference permits only: azure, deepinfra/fp8."),
        ({"only": [f"{PROVIDER_SLUG}/bf16"]}, f"only preference permits only: {PROVIDER_SLUG}/bf16."),
        ({"order": ["azure"], "allow_fallbacks": False}, "order preference permits only: azure."),
        ({"quantizations": ["bf16"]}, "quantizations preference permits only: bf16."),
        ({"max_price": {"prompt": 0.04}}, "max_price.prompt preference permits only: 0.04."),
        ({"max_price": {"completion": "1e-1"}}, "max_price.completion preference permits only: 0.1."),
    ],
)
def test_hard_filters_that_leave_nothing(preferences: dict[str, Any], preference: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        _check(preferences)
    assert caught.value.status == 404
    assert caught.value.message == (
        "No allowed providers are available for the selected model. "
        f"Providers serving {SLUG}: nemotron-runtime, but your request's provider.{preference}"
    )
    assert caught.value.metadata["available_providers"] == ["nemotron-runtime"]


@pytest.mark.parametrize("field", ["only", "order"])
def test_requested_providers_are_in_the_metadata(field: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        _check({field: ["azure"], "allow_fallbacks": False})
    assert caught.value.metadata == {
        "available_providers": ["nemotron-runtime"],
        "requested_providers": ["azure"],
    }


@pytest.mark.parametrize("name", [PROVIDER_SLUG, PROVIDER_NAME, f"{PROVIDER_SLUG}/fp8"])
def test_ignoring_the_only_provider(name: str) -> None:
    with pytest.raises(ModelNotFound, match=r"^All providers have been ignored\.$"):
        _check({"ignore": [name]})


def test_the_free_variant_is_under_every_price() -> None:
    _check({"max_price": {"prompt": 0, "completion": 0}}, model=f"{SLUG}:free")
    with pytest.raises(ModelNotFound, match=r"max_price\.prompt"):
        _check({"max_price": {"prompt": 0, "completion": 0}}, model=SLUG)


@pytest.mark.parametrize("parameter", ["top_a", "verbosity", "prediction", "web_search_options"])
def test_required_parameters_that_have_no_effect_here(parameter: str) -> None:
    _check({"require_parameters": False}, parameter)
    with pytest.raises(ModelNotFound) as caught:
        _check({"require_parameters": True}, parameter, "temperature")
    assert caught.value.message == "No endpoints found that can handle the requested parameters."
    assert caught.value.metadata == {"unsupported_parameters": [parameter]}


def test_zero_retention_where_prompts_are_kept() -> None:
    _check({"zdr": False}, served=KEEPING)
    _check({"data_collection": "deny"}, served=KEEPING)
    with pytest.raises(ModelNotFound, match=r"^No endpoints found matching your data policy"):
        _check({"zdr": True}, served=KEEPING)


def test_used_parameters_leave_out_nulls_and_what_is_no_parameter() -> None:
    request = ChatRequest.model_validate(
        {
            "messages": [{"role": "user", "content": "hi"}],
            "model": SLUG,
            "stream": True,
            "temperature": 0,
            "seed": None,
            "top_a": 0.5,
            "stop": [],
            "user": "me",
        }
    )
    assert used_parameters(request) == {"temperature", "top_a", "stop"}
