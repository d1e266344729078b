"""Two oracles for response bodies: OpenRouter's OpenAPI file and the models of its Python client.

Each misses something. The file is older than the client; the client turns an invalid optional object into
``Unset`` without a word, in strict mode too, so its result is searched for such leaks.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from openrouter.types.basemodel import Unset
from pydantic import BaseModel
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from nemotron_runtime.models.provider import PROVIDER_NAME

DATA = Path(__file__).resolve().parents[3] / "shared/reference/data"
STAND_IN = "FakeProvider"
"""A member of OpenRouter's ProviderName enum, which can't hold a name of our own."""

_URI = "urn:openrouter"

Body = Any
Sdk = TypeVar("Sdk", bound=BaseModel)


def validate_response(
    method: str, path: str, status: int, body: Body, media_type: str = "application/json"
) -> None:
    """Checks a body against an operation of the OpenAPI file.

    Args:
        method: In any case.
        path: As the file spells it, ``/models/{author}/{slug}/endpoints``.
        status: Must be one that the file declares for this operation.
        body: JSON text, or what it decodes to.
        media_type: The key below ``content``.

    Raises:
        AssertionError: naming the place in the body.
    """
    pointer = ("paths", path, method.lower(), "responses", str(status), "content", media_type, "schema")
    _check(pointer, body)


def validate_schema(component: str, body: Body) -> None:
    """Checks a body against ``#/components/schemas/<component>``; arguments as above."""
    _check(("components", "schemas", component), body)


def validate_sdk(model: type[Sdk], body: Body) -> Sdk:
    """Parses a body strictly into a model of ``openrouter.components`` or ``openrouter.operations``.

    Raises:
        AssertionError: A value was lost on the way.
        pydantic.ValidationError: The model refuses the body.
    """
    text = json.dumps(_named_as_known(_decoded(body)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the models warn of their own old fields
        result = model.model_validate_json(text, strict=True)
    leaks = list(_leaks(result, model.__name__))
    assert not leaks, f"the client dropped invalid values at: {', '.join(leaks)}"
    return result


def fixture(name: str) -> Any:
    """Reads one of the committed bodies, which validate in the clients of both languages."""
    return json.loads(reference(f"openrouter-fixtures/{name}.json").read_text())


def reference(name: str) -> Path:
    """Finds a reference file; skips the test where it is not."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the reference file {name} is not on this machine")
    return path


def _decoded(body: Body) -> Any:
    return json.loads(body) if isinstance(body, str | bytes) else body


def _named_as_known(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _named_as_known(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_named_as_known(value) for value in body]
    return STAND_IN if body == PROVIDER_NAME else body


@cache
def _registry() -> Registry[Any]:
    document = json.loads(reference("openrouter-openapi.json").read_text())
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_URI, resource)
    return registry


@cache
def _validator(pointer: tuple[str, ...]) -> Draft202012Validator:
    registry = _registry()
    fragment = "/".join(quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in pointer)
    reference = f"{_URI}#/{fragment}"
    try:
        registry.resolver().lookup(reference)
    except Unresolvable as error:
        raise AssertionError(f"the OpenAPI file has no {' '.join(pointer)}") from error
    return Draft202012Validator({"$ref": reference}, registry=registry)


def _check(pointer: tuple[str, ...], body: Body) -> None:
    errors = list(_validator(pointer).iter_errors(_named_as_known(_decoded(body))))
    assert not errors, "\n".join(_described(error) for error in errors)


def _described(error: ValidationError) -> str:
    cause = best_match([error])
    return f"{cause.json_path}: {cause.message[:300]}"


def _leaks(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Unset):
        yield path
    elif isinstance(value, BaseModel):
        fields = vars(value)  # not getattr: a deprecated field warns
        for name in value.model_fields_set:
            yield from _leaks(fields[name], f"{path}.{name}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaks(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaks(item, f"{path}[{index}]")
