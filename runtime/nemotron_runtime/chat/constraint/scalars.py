"""Reads what a schema says about strings and numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from nemotron_runtime.chat.constraint import charset
from nemotron_runtime.chat.constraint.formats import FORMATS
from nemotron_runtime.chat.constraint.merge import Schema
from nemotron_runtime.chat.constraint.node import Bound, Integer, Number, Pattern, Text
from nemotron_runtime.chat.constraint.pattern import Unheld, translate
from nemotron_runtime.chat.constraint.report import LONGEST_LEAST, LONGEST_TEXT, MOST_DIGITS, Place, Report


def read_text(schema: Schema, place: Place, report: Report) -> Text | None:
    """A string; None where none can satisfy the schema."""
    least = _length(schema, "minLength", place, report) or 0
    most = _length(schema, "maxLength", place, report)
    if most is not None and most < least:
        report.wrong(place.at("maxLength"), "less than minLength")
        return None
    if pattern := _pattern(schema, place, report):
        for keyword in ("minLength", "maxLength"):
            if schema.get(keyword):
                report.unheld(place, keyword, "not supported together with a pattern or format")
        return Text(pattern=pattern)
    if least > LONGEST_LEAST:
        report.unheld(place, "minLength", f"at most {LONGEST_LEAST} is supported")
        least = 0
    return Text(least, most if most is None else min(most, LONGEST_TEXT))


def _length(schema: Schema, keyword: str, place: Place, report: Report) -> int | None:
    length = report.given(schema, keyword, int, place)
    if length is not None and length < 0:
        report.wrong(place.at(keyword), "Invalid input: expected 0 or more")
        return None
    return length


def _pattern(schema: Schema, place: Place, report: Report) -> Pattern | None:
    name = report.given(schema, "format", str, place)
    written = report.given(schema, "pattern", str, place)
    if written is not None:
        if name is not None:
            report.unheld(place, "format", "not supported together with a pattern")
        return read_pattern(written, place, "pattern", report)
    if name is None:
        return None
    if name not in FORMATS:
        report.unheld(place, "format", f'"{name[:40]}" is not supported')
        return None
    return read_pattern(FORMATS[name], place, "format", report)


def read_pattern(written: str, place: Place, keyword: str, report: Report) -> Pattern | None:
    """A pattern in the context of the place."""
    try:
        return translate(written, charset.in_line if place.argument else charset.in_json)
    except Unheld as error:
        report.unheld(place, keyword, f"not supported: {error}")
        return None


def read_integer(schema: Schema, place: Place, report: Report) -> Integer | None:
    """A whole number; None where none can satisfy the schema."""
    low, high = _bounds(schema, place, report)
    step = schema.get("multipleOf", 1)
    if isinstance(step, bool) or step != 1:
        report.unheld(place, "multipleOf", "not supported")
    node = Integer(
        None if low is None else math.floor(low.value) + 1 if low.open else math.ceil(low.value),
        None if high is None else math.ceil(high.value) - 1 if high.open else math.floor(high.value),
    )
    if node.low is not None and node.high is not None and node.low > node.high:
        report.wrong(place, "no integer lies between its bounds")
        return None
    return node


def read_number(schema: Schema, place: Place, report: Report) -> Number | None:
    """A number; None where none can satisfy the schema."""
    low, high = _bounds(schema, place, report)
    if "multipleOf" in schema:
        report.unheld(place, "multipleOf", "not supported")
    if low and high and (low.value > high.value or (low.value == high.value and (low.open or high.open))):
        report.wrong(place, "no number lies between its bounds")
        return None
    return Number(low, high)


def _bounds(schema: Schema, place: Place, report: Report) -> tuple[Bound | None, Bound | None]:
    lows = [_bound(schema, "minimum", place, report), _bound(schema, "exclusiveMinimum", place, report)]
    highs = [_bound(schema, "maximum", place, report), _bound(schema, "exclusiveMaximum", place, report)]
    low = max(filter(None, lows), key=lambda bound: (bound.value, bound.open), default=None)
    high = min(filter(None, highs), key=lambda bound: (bound.value, not bound.open), default=None)
    return low, high


def _bound(schema: Schema, keyword: str, place: Place, report: Report) -> Bound | None:
    if keyword not in schema:
        return None
    value: Any = schema[keyword]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        report.wrong(place.at(keyword), "Invalid input: expected a number")
        return None
    exact = Decimal(repr(value))
    if len(f"{exact:f}") > MOST_DIGITS:
        report.unheld(place, keyword, f"more than {MOST_DIGITS} digits are not supported")
        return None
    return Bound(exact, open=keyword.startswith("exclusive"))
