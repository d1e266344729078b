"""Ranges of numbers admit what lies in them, in the forms that JSON has, and nothing else."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nemotron_runtime.chat.constraint.node import Bound, Integer, Number
from nemotron_runtime.chat.constraint.ranges import integer, number

ENDS = st.none() | st.integers(-50, 50) | st.integers(-3000, 3000) | st.integers(-(10**20), 10**20)
NEAR = st.integers(-3, 3)
BOUNDS = st.none() | st.builds(
    lambda digits, places, is_open: Bound(Decimal(digits).scaleb(-places), is_open),
    st.integers(-3000, 3000),
    st.integers(0, 4),
    st.booleans(),
)


@given(ENDS, ENDS, st.integers(-4000, 4000), NEAR)
def test_integers(low, high, anywhere, near):
    assume(low is None or high is None or low <= high)
    regex = re.compile(integer(Integer(low, high)))
    for value in (anywhere, near, *(end + near for end in (low, high) if end is not None)):
        inside = (low is None or low <= value) and (high is None or value <= high)
        assert bool(regex.fullmatch(str(value))) == inside
        assert not regex.fullmatch(f"0{abs(value)}")


@pytest.mark.parametrize("text", ["", "-", "-0", "+1", "1.0", "1e3", " 1"])
def test_no_other_form_of_an_integer(text):
    assert not re.fullmatch(integer(Integer()), text)


@given(BOUNDS, BOUNDS, st.integers(-40_000, 40_000), st.integers(0, 4), NEAR)
@example(Bound(Decimal("0.5")), Bound(Decimal("0.5")), 5, 1, 0)
@example(Bound(Decimal(0), True), Bound(Decimal("0.001")), 1, 3, 0)
@example(None, Bound(Decimal(0), True), 0, 0, 0)
def test_numbers(low, high, digits, places, near):
    assume(low is None or high is None or low.value < high.value or (low == high and not low.open))
    regex = re.compile(number(Number(low, high)))
    anywhere = Decimal(digits).scaleb(-places)
    step = Decimal(near).scaleb(-places)
    for value in (anywhere, *(bound.value + step for bound in (low, high) if bound)):
        inside = _above(value, low) and (high is None or _above(-value, Bound(-high.value, high.open)))
        for text in {f"{value:f}", f"{value.normalize():f}", _with_zero(value)}:
            if not re.fullmatch(r"-0(\.0*)?", text):
                assert bool(regex.fullmatch(text)) == (inside if low or high else True), text


def _above(value: Decimal, low: Bound | None) -> bool:
    return low is None or low.value < value or (low.value == value and not low.open)


def _with_zero(value: Decimal) -> str:
    text = f"{value:f}"
    return text + ("0" if "." in text else ".0")


@pytest.mark.parametrize("text", ["", "-", "1.", ".5", "01", "+1", "1e", "NaN", "1 "])
def test_no_other_form_of_a_number(text):
    for node in (Number(), Number(Bound(Decimal(-5)), Bound(Decimal(5)))):
        assert not re.fullmatch(number(node), text)


@pytest.mark.parametrize("text", ["1", "-1.50", "1e5", "1.5E-3", "0.0"])
def test_forms_of_a_number(text):
    assert re.fullmatch(number(Number()), text)
