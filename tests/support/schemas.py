"""JSON schemas at random, each with values that satisfy it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Sample = tuple[Any, Any]
"""A schema and a value."""

WORDS = st.text(alphabet="abcxyz_é", min_size=1, max_size=5)
_TEXT = st.text(alphabet='ab <>/{}[]":,\\\n\té😀=0', max_size=12)
_PLAIN = st.text(alphabet='ab ,"é', max_size=8)


@st.composite
def samples(draw: st.DrawFn, depth: int = 2) -> Sample:
    """Any kind of schema, ``depth`` levels deep."""
    kinds = [strings, integers, numbers, enums, constants, unions]
    if depth:
        kinds += [arrays, tuples, objects, maps, choices]
    return draw(draw(st.sampled_from(kinds))(depth - 1))


@st.composite
def strings(draw: st.DrawFn, depth: int) -> Sample:
    form = draw(st.sampled_from(("free", "least", "most", "both", "pattern", "format")))
    if form == "pattern":
        pattern, value = draw(st.sampled_from(PATTERNS))
        return {"type": "string", "pattern": pattern}, value
    if form == "format":
        name, value = draw(st.sampled_from(FORMATS))
        return {"type": "string", "format": name}, value
    if form == "free":
        return {"type": "string"}, draw(_TEXT)
    value = draw(_PLAIN)
    schema: dict[str, Any] = {"type": "string"}
    if form in ("least", "both"):
        schema["minLength"] = draw(st.integers(0, len(value)))
    if form in ("most", "both"):
        schema["maxLength"] = 2 * len(value) + draw(st.integers(0, 5))  # an escape counts as two
    return schema, value


PATTERNS = (
    ("^[a-c]{1,3}$", "abc"),
    ("b", "abc"),
    (r"^\d{3}-\d{4}$", "123-4567"),
    ("^(?:ab*)?$", "abbb"),
    ("^x|y$", "xa"),
    (r"^[^a]+\.\w?$", 'b"\\.'),
)
FORMATS = (
    ("date", "2024-02-28"),
    ("time", "10:11:12Z"),
    ("date-time", "2024-02-28T10:11:12.5+01:00"),
    ("duration", "P1Y2M3DT4H5M"),
    ("email", "a.b@example.com"),
    ("hostname", "a-1.example.com"),
    ("ipv4", "192.168.0.1"),
    ("ipv6", "fe80::1:2"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000"),
    ("uri", "https://example.com/a?b=c%20d"),
    ("uri-reference", "/a/b#c"),
    ("json-pointer", "/a/0/~1"),
)


@st.composite
def integers(draw: st.DrawFn, depth: int) -> Sample:
    value = draw(st.integers(-2000, 2000))
    schema: dict[str, Any] = {"type": "integer"}
    for keyword, bound in (
        ("minimum", value - draw(st.integers(0, 300))),
        ("maximum", value + draw(st.integers(0, 300))),
        ("exclusiveMinimum", value - draw(st.integers(1, 300))),
        ("exclusiveMaximum", value + draw(st.integers(1, 300))),
    ):
        if draw(st.integers(0, 2)) == 0:
            schema[keyword] = bound
    return schema, value


@st.composite
def numbers(draw: st.DrawFn, depth: int) -> Sample:
    value = draw(st.integers(-5000, 5000)) / draw(st.sampled_from((1, 8, 10, 100)))
    schema: dict[str, Any] = {"type": "number"}
    if draw(st.booleans()):
        schema["minimum"] = value - draw(st.integers(0, 300)) / 8
    if draw(st.booleans()):
        schema["exclusiveMaximum"] = value + draw(st.integers(1, 300)) / 8
    return schema, value


@st.composite
def enums(draw: st.DrawFn, depth: int) -> Sample:
    values = draw(
        st.lists(st.one_of(WORDS, st.integers(-9, 99), st.none(), st.booleans()), min_size=1, max_size=4)
    )
    return {"enum": values}, draw(st.sampled_from(values))


@st.composite
def constants(draw: st.DrawFn, depth: int) -> Sample:
    return draw(
        st.sampled_from(
            (
                ({"type": "boolean"}, True),
                ({"type": "null"}, None),
                ({"const": "a b"}, "a b"),
                ({"const": {"a": [1, "b"]}}, {"a": [1, "b"]}),
                ({}, {"any": [1, "thing", None]}),
                (True, "anything"),
            )
        )
    )


@st.composite
def unions(draw: st.DrawFn, depth: int) -> Sample:
    return draw(
        st.sampled_from(
            (
                ({"type": ["string", "null"]}, None),
                ({"type": ["integer", "boolean"], "minimum": 3}, 7),
                ({"type": "string", "anyOf": [{"const": "a"}, {"const": "b"}]}, "b"),
            )
        )
    )


@st.composite
def arrays(draw: st.DrawFn, depth: int) -> Sample:
    schema, value = draw(samples(depth))
    count = draw(st.integers(0, 3))
    least, most = draw(st.integers(0, count)), count + draw(st.integers(0, 2))
    return {"type": "array", "items": schema, "minItems": least, "maxItems": most}, [value] * count


@st.composite
def tuples(draw: st.DrawFn, depth: int) -> Sample:
    parts = draw(st.lists(samples(depth), min_size=1, max_size=3))
    count = draw(st.integers(0, len(parts)))
    values = [value for _, value in parts][:count]
    return {"type": "array", "prefixItems": [schema for schema, _ in parts], "items": False}, values


@st.composite
def objects(draw: st.DrawFn, depth: int) -> Sample:
    parts = draw(st.dictionaries(WORDS, samples(depth), max_size=4))
    required = [name for name in parts if draw(st.booleans())]
    present = [name for name in parts if name in required or draw(st.booleans())]
    schema = {"type": "object", "properties": {name: part for name, (part, _) in parts.items()}}
    schema |= {"required": required, "additionalProperties": False}
    return schema, {name: parts[name][1] for name in present}


@st.composite
def maps(draw: st.DrawFn, depth: int) -> Sample:
    schema, value = draw(samples(depth))
    names = draw(st.lists(WORDS, unique=True, max_size=3))
    return {"type": "object", "additionalProperties": schema}, dict.fromkeys(names, value)


@st.composite
def choices(draw: st.DrawFn, depth: int) -> Sample:
    parts = draw(st.lists(samples(depth), min_size=1, max_size=3))
    return {"anyOf": [schema for schema, _ in parts]}, draw(st.sampled_from(parts))[1]
