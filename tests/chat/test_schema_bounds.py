"""Schemas that are too much, and anything else a client can send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemotron_runtime.chat.constraint.report import DEEPEST, MOST_PARTS
from nemotron_runtime.chat.schema_check import check_schema, parameters_of
from nemotron_runtime.errors import InvalidRequest
from support.grammars import Walk
from support.schema_tags import PATH, N, S, Tool, below, tag

# Bounds


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (nested(DEEPEST + 1), "Too deep: at most 32 levels of subschemas can be held"),
        (below(**{f"p{i}": N for i in range(MOST_PARTS)}), "Too big: at most 2000 subschemas can be held"),
        (
            {"enum": list(range(2001))},
            "Too big: at most 2000 values of enum and const, of 100000 characters together, can be held",
        ),
        (
            {"const": "x" * 100_001},
            "Too big: at most 2000 values of enum and const, of 100000 characters together, can be held",
        ),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_bounds_hold_for_all_schemas(schema, says, strict):
    with pytest.raises(InvalidRequest) as caught:
        check_schema(schema, PATH, strict=strict)
    assert caught.value.message.endswith(says)


def fan(levels: int, *, sibling: bool) -> dict[str, Any]:
    """Definitions that each refer to the next one twice: doubly as many places with each level."""
    definitions: dict[str, Any] = {f"d{levels}": N}
    for level in range(levels):
        reference = {"$ref": f"#/$defs/d{level + 1}", **({"required": []} if sibling else {})}
        definitions[f"d{level}"] = below(a=reference, b=reference)
    return {"$ref": "#/$defs/d0", "$defs": definitions}


def test_references_that_fan_out_stay_small():
    assert len(tag(fan(12, sibling=False), strict=True) or "") < 20_000


@pytest.mark.parametrize(
    "schema",
    [
        fan(20, sibling=True),
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {
            "$ref": "#/$defs/a",
            "$defs": {
                "a": {"allOf": [{"$ref": "#/$defs/b"}], "minimum": 1},
                "b": {"$ref": "#/$defs/a", "maximum": 5},
            },
        },
        {"anyOf": [{"$ref": "#", "minimum": 1}, {"$ref": "#", "maximum": 1}]},
    ],
)
def test_references_that_never_end_are_bounded(schema):
    with pytest.raises(InvalidRequest, match="can be held"):
        check_schema(schema, PATH, strict=False)


def test_the_largest_schemas_compile():
    wide = below(**{f"p{i}": {"type": ["string", "null"], "enum": [f"v{i}", None]} for i in range(900)})
    for schema in (
        wide,
        nested(DEEPEST),
        {"type": "array", "items": S, "minItems": 9_000, "maxItems": 10_000},
    ):
        assert Walk(tag(schema, strict=True)).allowed()


# Anything a client can send

_KEYWORDS = (
    *("type", "enum", "const", "properties", "required", "items", "prefixItems", "anyOf", "oneOf", "allOf"),
    *("not", "$ref", "$defs", "a", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format"),
    *("minimum", "maximum", "additionalProperties", "propertyNames", "patternProperties", "minProperties"),
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.sampled_from(["a", "string", "#", "#/$defs/a", "date"]),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(_KEYWORDS),
            parts,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def message_of(action: Callable[[], Any]) -> str | None:
    """The client's message, where the action refuses."""
    try:
        action()
    except InvalidRequest as error:
        return error.message
    return None


@pytest.mark.parametrize("strict", [True, False])
@example(schema={"$ref": []})
@given(schema=_JSON)
def test_any_json_as_a_schema(strict, schema):
    """It is refused with the project's own error, or its grammar compiles and lets something through."""
    message = message_of(lambda: check_schema(schema, PATH, strict=strict))
    if message is None:
        assert Walk(tag(schema, strict=strict)).allowed()
    else:
        assert message.startswith(PATH)


@pytest.mark.parametrize("strict", [True, None])
@given(parameters=st.dictionaries(st.sampled_from(_KEYWORDS), _JSON))
def test_any_json_as_parameters(strict, parameters):
    message = message_of(lambda: parameters_of(Tool(parameters, strict), PATH))
    assert message is None or message.startswith(PATH)
