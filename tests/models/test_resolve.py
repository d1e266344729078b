from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.models.resolve import ROUTING_SUFFIXES, VARIANT_SUFFIXES, Resolved, find, resolve
from nemotron_runtime.models.spec import ModelSpec, Prices

REAL = "nvidia/nemotron-3-nano-30b-a3b"
DEMO = "nemotron-runtime/embedded-demo"
PRICES = Prices(prompt=Decimal("5E-8"), completion=Decimal("2E-7"))


def _spec(slug: str = REAL, *serves: str) -> ModelSpec:
    return ModelSpec(
        slug=slug,
        name="A model",
        description="",
        created=0,
        context_tokens=1024,
        thinking_allowance_tokens=64,
        quantization="bf16",
        serves=serves,
        prices=PRICES,
    )


def _resolve(requested: str | None, *fallbacks: str, spec: ModelSpec | None = None) -> Resolved:
    return resolve(requested, fallbacks, None, spec or _spec())


def test_plain_slug() -> None:
    assert _resolve(REAL) == Resolved(model=REAL, requested=REAL, suffixes=(), prices=PRICES)


@pytest.mark.parametrize("fallbacks", [None, []])
def test_the_model_answers_where_no_id_is_given(fallbacks: list[str] | None) -> None:
    assert resolve(None, fallbacks, None, _spec()) == Resolved(REAL, REAL, (), PRICES)


def test_free_is_kept_in_the_answer_and_costs_nothing() -> None:
    resolved = _resolve(f"{REAL}:free")
    assert resolved.model == f"{REAL}:free"
    assert resolved.variants == ("free",)
    assert resolved.prices == Prices(Decimal(0), Decimal(0))


@pytest.mark.parametrize("suffix", sorted(VARIANT_SUFFIXES - {"free"}))
def test_other_variants_are_kept_at_full_price(suffix: str) -> None:
    resolved = _resolve(f"{REAL}:{suffix}")
    assert (resolved.model, resolved.prices) == (f"{REAL}:{suffix}", PRICES)


@pytest.mark.parametrize("suffix", sorted(ROUTING_SUFFIXES))
def test_routing_suffixes_are_gone_from_the_answer(suffix: str) -> None:
    resolved = _resolve(f"{REAL}:{suffix}")
    assert (resolved.model, resolved.requested) == (REAL, f"{REAL}:{suffix}")
    assert (resolved.suffixes, resolved.variants) == ((suffix,), ())


def test_suffixes_combine() -> None:
    resolved = _resolve(f"{REAL}:free:nitro")
    assert (resolved.model, resolved.suffixes) == (f"{REAL}:free", ("free", "nitro"))


def test_the_demo_answers_for_the_real_slug_under_its_own() -> None:
    demo = _spec(DEMO, REAL)
    assert _resolve(REAL, spec=demo).model == DEMO
    assert _resolve(f"{REAL}:free", spec=demo).model == f"{DEMO}:free"
    assert _resolve(f"{REAL}:free", spec=demo).requested == f"{REAL}:free"
    assert _resolve(DEMO, spec=demo).model == DEMO


def test_the_real_model_does_not_answer_for_the_demo() -> None:
    with pytest.raises(InvalidRequest, match=r"^nemotron-runtime/embedded-demo is not a valid model ID$"):
        _resolve(DEMO)


@pytest.mark.parametrize(
    "model_id",
    [
        "openai/gpt-4o",
        "nemotron-3-nano-30b-a3b",
        "",
        f"{REAL}:",
        f"{REAL}:cheap",
        f"{REAL}:free:",
        f"{REAL} ",
        REAL.upper(),
        f"{REAL}/x",
        ":free",
    ],
)
def test_ids_outside_the_catalogue_are_refused(model_id: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _resolve(model_id)
    assert caught.value.message == f"{model_id} is not a valid model ID"
    assert caught.value.metadata == {"available_models": [REAL]}
    assert find(model_id, _spec()) is None


def test_a_long_id_is_cut_in_the_message() -> None:
    with pytest.raises(InvalidRequest) as caught:
        _resolve("x" * 10_000)
    assert len(caught.value.message) < 300


def test_fallbacks_are_tried_in_order() -> None:
    assert _resolve("openai/gpt-4o", "a/b", f"{REAL}:free", REAL).requested == f"{REAL}:free"
    assert _resolve(None, "a/b", REAL).requested == REAL
    assert _resolve(REAL, "a/b").requested == REAL


def test_the_error_is_about_the_first_id() -> None:
    with pytest.raises(InvalidRequest, match=r"^a/b is not a valid model ID$"):
        _resolve("a/b", "c/d")
    with pytest.raises(InvalidRequest, match=r"^c/d is not a valid model ID$"):
        _resolve(None, "c/d", "a/b")


@pytest.mark.parametrize("model_id", ["@preset/mine", f"{REAL}@preset/mine"])
def test_presets_in_the_id_are_refused(model_id: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^model: this server has no presets"):
        _resolve(model_id)
    assert _resolve(model_id, REAL).model == REAL


def test_a_preset_beside_the_model_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"^preset: this server has no presets"):
        resolve(REAL, None, "mine", _spec())


@given(st.text(alphabet="avn/:-@.3 freenitro", max_size=40))
def test_any_id_is_served_or_refused(model_id: str) -> None:
    spec = _spec("a/v", "a/n")
    try:
        resolved = _resolve(model_id, spec=spec)
    except InvalidRequest:
        assert find(model_id, spec) is None
    else:
        assert model_id.split(":")[0] in ("a/v", "a/n")
        assert resolved.model.split(":")[0] == "a/v"
        assert resolved.requested == model_id
