"""Scalars as JSON has them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from nemotron_runtime.wire import scalars

JSON_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(), st.integers(), max_size=2)
)
BOOL, STR, INT, NUMBER, PRICE = (
    TypeAdapter[Any](kind) for kind in (scalars.Bool, scalars.Str, scalars.Int, scalars.Number, scalars.Price)
)


def accepts(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@given(JSON_VALUES)
def test_each_kind_takes_its_own_values_only(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    assert accepts(BOOL, value) is isinstance(value, bool)
    assert accepts(STR, value) is isinstance(value, str)
    assert accepts(NUMBER, value) is number
    assert accepts(INT, value) is (number and value == int(value))


@given(st.integers(-(2**53), 2**53))
def test_an_integer_may_be_written_with_a_point(value):
    result = INT.validate_python(json.loads(f"{value}.0"))
    assert (result, type(result)) == (value, int)


@given(st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_becomes_the_same_float(value):
    result = NUMBER.validate_python(value)
    assert (result, type(result)) == (value, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_are_finite(value):
    assert not accepts(NUMBER, value)
    assert not accepts(INT, value)
    assert not accepts(PRICE, value)


@given(st.decimals(min_value=0, max_value=1000, places=9))
def test_a_price_is_exact_as_text_and_the_shortest_decimal_as_a_number(price):
    assert PRICE.validate_python(f"{price:f}") == price
    assert PRICE.validate_python(float(price)) == Decimal(repr(float(price)))


@pytest.mark.parametrize(
    "value", [True, None, "", "abc", "1,5", "NaN", "Infinity", "-1", -0.1, [], {}, ["1"]]
)
def test_no_prices(value):
    assert not accepts(PRICE, value)


@given(st.text())
def test_any_text_is_a_price_or_a_validation_error(text):
    if accepts(PRICE, text):
        assert PRICE.validate_python(text) >= 0


@given(JSON_VALUES)
def test_nothing_is_turned_into_text(value):
    assume(not isinstance(value, str))
    with pytest.raises(ValidationError):
        STR.validate_python(value)
