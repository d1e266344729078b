from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import openai
import pytest
from fastapi import Depends, FastAPI, Request
from openrouter import OpenRouter, components, errors, operations

from nemotron_runtime.api import faults
from nemotron_runtime.api.catalogue import Catalogue, catalogue_router
from nemotron_runtime.api.catalogue_entries import price_text
from nemotron_runtime.errors import Unauthorized
from nemotron_runtime.models.parameters import SUPPORTED_PARAMETERS
from nemotron_runtime.models.served import Health, HealthSource, Percentiles, Served
from nemotron_runtime.models.spec import ModelSpec, Prices, load_all
from support.contract import fixture, validate_response, validate_sdk
from support.server import serve

REAL = "nvidia/nemotron-3-nano-30b-a3b"
DEMO = "nemotron-runtime/embedded-demo"
ENDPOINTS = "/models/{author}/{slug}/endpoints"
PRICES = Prices(prompt=Decimal("5E-8"), completion=Decimal("2E-7"))


def _served(slug: str = REAL, **changes: Any) -> Served:
    spec = dataclasses.replace(load_all()[slug], **changes)
    return Served(spec=spec, context_tokens=spec.context_tokens, quantization=spec.quantization)


def _require_key(request: Request) -> None:
    if request.headers.get("authorization") != "Bearer k":
        raise Unauthorized("Missing Authentication header")


@contextmanager
def _running(served: Served, health: HealthSource = Health) -> Iterator[str]:
    app = FastAPI()
    faults.install(app)
    router = catalogue_router(Catalogue(lambda: served, health), keyed=[Depends(_require_key)])
    app.include_router(router, prefix="/api/v1")
    with serve(app) as url:
        yield f"{url}/api/v1"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with _running(_served(prices=PRICES)) as url:
        yield url


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    with _running(_served(DEMO)) as url:
        yield url


def _get(url: str, path: str, status: int = 200, **parameters: Any) -> Any:
    response = httpx.get(url + path, params=parameters)
    assert response.status_code == status, response.text
    return response.json()


def _keys(value: Any) -> Any:
    """The shape of a body: keys in order, all the way down."""
    return [(key, _keys(item)) for key, item in value.items()] if isinstance(value, dict) else None


@pytest.mark.parametrize(
    ("path", "operation", "model"),
    [
        ("/models", "/models", components.ModelsListResponse),
        ("/models/count", "/models/count", components.ModelsCountResponse),
        (f"/model/{REAL}", "/model/{author}/{slug}", components.ModelResponse),
        (f"/model/{REAL}:free", "/model/{author}/{slug}", components.ModelResponse),
        (f"/models/{REAL}/endpoints", ENDPOINTS, operations.ListEndpointsResponse),
        ("/endpoints/zdr", "/endpoints/zdr", operations.ListEndpointsZdrResponse),
        ("/providers", "/providers", operations.ListProvidersResponse),
    ],
)
@pytest.mark.parametrize("slug", [REAL, DEMO])
def test_bodies_are_valid_for_both_oracles(
    path: str, operation: str, model: type[Any], slug: str, url: str, demo_url: str
) -> None:
    body = _get(url if slug == REAL else demo_url, path)
    validate_response("GET", operation, 200, body)
    validate_sdk(model, body)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/models", "models"),
        (f"/model/{REAL}", "model"),
        ("/providers", "providers"),
        ("/models/count", "count"),
    ],
)
def test_keys_come_in_the_hosted_order(path: str, name: str, url: str) -> None:
    ours, hosted = _get(url, path)["data"], fixture(name)["data"]
    if isinstance(ours, list):
        ours, hosted = ours[0], hosted[0]
    assert _keys(ours) == _keys(hosted)


def test_endpoint_keys_come_in_the_hosted_order(url: str) -> None:
    ours, hosted = _get(url, f"/models/{REAL}/endpoints")["data"], fixture("endpoints")["data"]
    assert list(ours) == list(hosted)
    assert list(ours["endpoints"][0]) == list(hosted["endpoints"][0])


def test_the_real_model_as_the_hosted_catalogue_has_it(url: str) -> None:
    body = _get(url, "/models")
    assert (body["total_count"], body["links"]) == (1, {"next": None})
    entry, hosted = body["data"][0], fixture("models")["data"][0]
    for key in ("id", "canonical_slug", "name", "created", "context_length", "pricing", "links", "reasoning"):
        assert entry[key] == hosted[key], key
    assert entry["top_provider"] == hosted["top_provider"]
    assert entry["supported_parameters"] == list(SUPPORTED_PARAMETERS)
    assert not {"top_a", "verbosity", "prediction", "web_search_options"} & set(entry["supported_parameters"])
    assert entry["default_parameters"]["temperature"] == 1.0


def test_details_link_leads_to_the_endpoints(url: str) -> None:
    link = _get(url, "/models")["data"][0]["links"]["details"]
    assert httpx.get(httpx.URL(url).join(link)).json()["data"]["id"] == REAL


def test_limits_are_those_really_served() -> None:
    small = dataclasses.replace(_served(), context_tokens=8192, quantization="nvfp4", caches_prompts=False)
    with _running(small) as url:
        entry = _get(url, "/models")["data"][0]
        endpoint = _get(url, f"/models/{REAL}/endpoints")["data"]["endpoints"][0]
        assert _get(url, "/models", context=8193)["data"] == []
    assert entry["context_length"] == 8192
    assert entry["top_provider"] == {
        "context_length": 8192,
        "max_completion_tokens": 8192,
        "is_moderated": False,
    }
    assert (endpoint["context_length"], endpoint["max_completion_tokens"]) == (8192, 8192)
    assert (endpoint["quantization"], endpoint["supports_implicit_caching"]) == ("nvfp4", False)


def test_endpoint_names_the_provider_and_knows_nothing_of_its_past(url: str) -> None:
    endpoint = _get(url, f"/models/{REAL}/endpoints")["data"]["endpoints"][0]
    assert endpoint["name"] == f"Nemotron Runtime | {REAL}"
    assert (endpoint["provider_name"], endpoint["tag"]) == ("Nemotron Runtime", "nemotron-runtime")
    assert endpoint["status"] == 0
    for name in (
        "uptime_last_5m",
        "uptime_last_30m",
        "uptime_last_1d",
        "latency_last_30m",
        "throughput_last_30m",
    ):
        assert endpoint[name] is None, name
    provider = _get(url, "/providers")["data"]
    assert [(row["name"], row["slug"]) for row in provider] == [("Nemotron Runtime", "nemotron-runtime")]


def test_measured_health_is_shown() -> None:
    health = Health(
        status=-1,
        uptime_last_5m=50.0,
        uptime_last_30m=99.5,
        uptime_last_1d=100.0,
        latency_last_30m=Percentiles(10, 20, 30, 40.5),
        throughput_last_30m=Percentiles(4, 3, 2, 1),
    )
    with _running(_served(), lambda: health) as url:
        body = _get(url, f"/models/{REAL}/endpoints")
    validate_response("GET", ENDPOINTS, 200, body)
    validate_sdk(operations.ListEndpointsResponse, body)
    endpoint = body["data"]["endpoints"][0]
    assert (endpoint["status"], endpoint["uptime_last_5m"], endpoint["uptime_last_1d"]) == (-1, 50.0, 100.0)
    assert endpoint["latency_last_30m"] == {"p50": 10, "p75": 20, "p90": 30, "p99": 40.5}
    assert endpoint["throughput_last_30m"] == {"p50": 4, "p75": 3, "p90": 2, "p99": 1}


@pytest.mark.parametrize("path", ["/model/{}", "/models/{}/endpoints"])
def test_variants_and_aliases(path: str, url: str, demo_url: str) -> None:
    assert _get(url, path.format(f"{REAL}:free"))["data"]["id"] == f"{REAL}:free"
    assert _get(url, path.format(f"{REAL}%3Afree"))["data"]["name"].endswith(" (free)")
    assert _get(url, path.format(f"{REAL}:nitro"))["data"]["id"] == REAL
    assert _get(demo_url, path.format(REAL))["data"]["id"] == DEMO
    assert _get(demo_url, path.format(DEMO))["data"]["id"] == DEMO


def test_the_free_variant_costs_nothing(url: str) -> None:
    entry = _get(url, f"/model/{REAL}:free")["data"]
    assert entry["pricing"] == {"prompt": "0", "completion": "0"}
    assert entry["canonical_slug"] == REAL
    endpoint = _get(url, f"/models/{REAL}:free/endpoints")["data"]["endpoints"][0]
    assert endpoint["pricing"] == {"prompt": "0", "completion": "0", "discount": 0}


@pytest.mark.parametrize("model_id", ["openai/gpt-4o", f"{REAL}:cheap", "nvidia/@preset"])
@pytest.mark.parametrize(
    ("path", "operation"), [("/model/{}", "/model/{author}/{slug}"), ("/models/{}/endpoints", ENDPOINTS)]
)
def test_unknown_models_are_404(path: str, operation: str, model_id: str, url: str) -> None:
    body = _get(url, path.format(model_id), 404)
    validate_response("GET", operation, 404, body)
    assert body["error"]["code"] == 404
    assert body["error"]["message"] == f"No endpoints found for {model_id}."


FITTING: list[dict[str, Any]] = [
    {},
    {"offset": 0},
    {"limit": 1},
    {"limit": 1000, "offset": 0},
    {"q": "NEMOTRON 3"},
    {"q": "nvidia/nemo"},
    {"supported_parameters": "tools, reasoning"},
    {"output_modalities": "text"},
    {"output_modalities": "image,text"},
    {"output_modalities": "all"},
    {"input_modalities": "text"},
    {"context": 262144},
    {"min_price": 0.05, "max_price": 0.05},
    {"min_output_price": 0.2, "max_output_price": 0.2},
    {"arch": "GPT,Other"},
    {"model_authors": "openai,nvidia"},
    {"providers": "Nemotron Runtime"},
    {"providers": "azure,nemotron-runtime"},
    {"distillable": "true"},
    {"zdr": "true"},
    {"min_age_days": 1},
    {"category": "programming"},
    {"sort": "pricing-low-to-high"},
    {"use_rss": "true", "anything": "else"},
    {"min_price": "", "sort": "", "limit": ""},
]
LEAVING_NOTHING: list[dict[str, Any]] = [
    {"q": "gpt"},
    {"supported_parameters": "tools,top_a"},
    {"output_modalities": "image"},
    {"input_modalities": "text,image"},
    {"context": 262145},
    {"min_price": 0.051},
    {"max_price": 0.049},
    {"min_output_price": 0.21},
    {"max_output_price": 0.19},
    {"arch": "GPT"},
    {"model_authors": "openai"},
    {"providers": "azure"},
    {"distillable": "false"},
    {"max_age_days": 1},
    {"min_age_days": 36500},
    {"region": "eu"},
    {"min_intelligence_index": 0},
    {"max_tool_success_rate": 1},
]


@pytest.mark.parametrize("query", FITTING)
def test_filters_that_the_model_passes(query: dict[str, Any], url: str) -> None:
    body = _get(url, "/models", **query)
    assert ([entry["id"] for entry in body["data"]], body["total_count"]) == ([REAL], 1)


@pytest.mark.parametrize("query", LEAVING_NOTHING)
def test_filters_that_leave_nothing(query: dict[str, Any], url: str) -> None:
    body = _get(url, "/models", **query)
    assert body == {"data": [], "total_count": 0, "links": {"next": None}}
    validate_response("GET", "/models", 200, body)


def test_a_page_past_the_end_is_empty_but_counted(url: str) -> None:
    assert _get(url, "/models", offset=1) == {"data": [], "total_count": 1, "links": {"next": None}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset", "-1"),
        ("offset", "x"),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "1.5"),
        ("sort", "best"),
        ("context", "0"),
        ("context", "big"),
        ("min_price", "-1"),
        ("max_price", "nan"),
        ("max_output_price", "inf"),
        ("distillable", "maybe"),
        ("zdr", "false"),
        ("region", "mars"),
        ("min_age_days", "-1"),
        ("min_coding_index", "-1"),
        ("min_tool_success_rate", "1.1"),
    ],
)
def test_bad_values_are_400_and_named(name: str, value: str, url: str) -> None:
    body = _get(url, "/models", 400, **{name: value})
    validate_response("GET", "/models", 400, body)
    assert body["error"]["code"] == 400
    assert body["error"]["message"].startswith(f"{name}: ")


def test_count_takes_the_filter(url: str) -> None:
    assert _get(url, "/models/count") == {"data": {"count": 1}}
    assert _get(url, "/models/count", output_modalities="embeddings") == {"data": {"count": 0}}


def test_user_models_need_the_key_and_the_rest_does_not(url: str) -> None:
    refused = _get(url, "/models/user", 401)
    validate_response("GET", "/models/user", 401, refused)
    answer = httpx.get(f"{url}/models/user", headers={"Authorization": "Bearer k"})
    validate_response("GET", "/models/user", 200, answer.content)
    assert answer.json() == _get(url, "/models")


def test_an_endpoint_that_keeps_prompts_is_not_zero_retention() -> None:
    with _running(dataclasses.replace(_served(), retains_prompts=True)) as url:
        assert _get(url, "/endpoints/zdr") == {"data": []}
        assert _get(url, "/models", zdr="true")["total_count"] == 0


def test_the_served_model_is_asked_for_at_each_request() -> None:
    now = _served()
    app = FastAPI()
    app.include_router(catalogue_router(Catalogue(lambda: now)))
    with serve(app) as url:
        before = _get(url, "/models")["data"][0]["context_length"]
        now = dataclasses.replace(now, context_tokens=4096)
        after = _get(url, "/models")["data"][0]["context_length"]
    assert (before, after) == (262144, 4096)


@pytest.mark.parametrize(
    ("price", "text"),
    [("5E-8", "0.00000005"), ("0", "0"), ("0.000", "0"), ("1E+1", "10"), ("0.20", "0.2"), ("100", "100")],
)
def test_prices_are_plain_decimal_text(price: str, text: str) -> None:
    assert price_text(Decimal(price)) == text


def test_the_openrouter_client(url: str) -> None:
    author, slug = REAL.split("/")
    with OpenRouter(api_key="k", server_url=url, timeout_ms=10_000) as client:
        page = client.models.list(supported_parameters="tools", retries=None)
        assert page is not None
        assert [model.id for model in page.result.data] == [REAL]
        rest = page.next()
        assert rest is None or rest.result.data == []
        assert client.models.count(retries=None).data.count == 1
        mine = client.models.list_for_user(
            security=operations.ListModelsUserSecurity(bearer="k"), retries=None
        )
        assert mine is not None
        assert mine.result.data[0].id == REAL
        model = client.models.get(author=author, slug=f"{slug}:free", retries=None).data
        assert (model.id, model.pricing.prompt) == (f"{REAL}:free", "0")
        assert model.reasoning
        assert (model.reasoning.default_enabled, model.reasoning.supports_max_tokens) == (True, True)
        endpoint = client.endpoints.list(author=author, slug=slug, retries=None).data.endpoints[0]
        assert (endpoint.provider_name, endpoint.quantization) == ("Nemotron Runtime", "bf16")
        assert len(client.endpoints.list_zdr_endpoints(retries=None).data) == 1
        assert client.providers.list(retries=None).data[0].slug == "nemotron-runtime"


def test_the_openrouter_client_raises_its_own_errors(url: str) -> None:
    with OpenRouter(api_key="k", server_url=url, timeout_ms=10_000) as client:
        with pytest.raises(errors.NotFoundResponseError) as missing:
            client.models.get(author="openai", slug="gpt-4o", retries=None)
        with pytest.raises(errors.BadRequestResponseError) as bad:
            client.models.list(limit=1001, retries=None)
    assert (missing.value.data.error.code, bad.value.data.error.code) == (404, 400)
    assert bad.value.data.error.message == "limit: Too big: expected number to be <=1000"


def test_the_openai_client(url: str) -> None:
    with openai.OpenAI(api_key="k", base_url=url, max_retries=0) as client:
        models = client.models.list()
    assert [model.id for model in models.data] == [REAL]
    assert isinstance(models.data[0].created, int)


def test_specs_of_every_shipped_model_make_valid_entries() -> None:
    specs: list[ModelSpec] = list(load_all().values())
    assert specs
    for spec in specs:
        catalogue = Catalogue(lambda spec=spec: Served(spec, spec.context_tokens, spec.quantization))  # type: ignore[misc]
        validate_response("GET", "/models", 200, catalogue.page({}))
