"""Ranges of numbers as regular expressions over their usual decimal form."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from nemotron_runtime.chat.constraint.node import Bound, Integer, Number

_NATURAL = "(?:0|[1-9][0-9]*)"
_ANY_FRACTION = "(?:\\x2e[0-9]+|)"
NUMBER = f"(?:\\x2d|){_NATURAL}{_ANY_FRACTION}(?:[eE](?:[\\x2b\\x2d]|)[0-9]+|)"
_ZERO = Bound(Decimal(0))
_NONE = "(?:)"


def integer(node: Integer) -> str:
    """All integers from ``low`` to ``high``; at least one lies there."""
    low, high = node.low, node.high
    parts = []
    if low is None or low < 0:
        nearest = 1 if high is None else max(1, -high)
        parts.append(f"\\x2d{_naturals(nearest, None if low is None else -low)}")
    if high is None or high >= 0:
        parts.append(_naturals(max(0, low or 0), high))
    return _either(parts)


def _naturals(low: int, high: int | None) -> str:
    """Natural numbers from ``low`` to ``high``, without leading zeros."""
    if high is None:
        return _naturals_from(low)
    parts, start = [], low
    while start <= high:
        end = min(high, 10 ** len(str(start)) - 1)
        parts.append(_same_length(str(start), str(end)))
        start = end + 1
    return _either(parts)


def _naturals_from(low: int) -> str:
    if low == 0:
        return _NATURAL
    size = len(str(low))
    return _either([_same_length(str(low), "9" * size), f"[1-9]{_digits(size)}[0-9]*"])


def _same_length(low: str, high: str) -> str:
    """Digit strings between two of the same length, 1 or more."""
    if low == high:
        return low
    head_low, head_high = int(low[0]), int(high[0])
    size = len(low) - 1
    if head_low == head_high:
        return low[0] + _same_length(low[1:], high[1:])
    parts = []
    if low[1:] != "0" * size:
        parts.append(low[0] + _same_length(low[1:], "9" * size))
        head_low += 1
    if high[1:] != "9" * size:
        parts.append(high[0] + _same_length("0" * size, high[1:]))
        head_high -= 1
    if head_low <= head_high:
        parts.append(f"[{head_low}-{head_high}]{_digits(size)}")
    return _either(parts)


def _digits(count: int) -> str:
    return "[0-9]" * min(count, 1) + (f"{{{count}}}" if count > 1 else "")


def number(node: Number) -> str:
    """All plain decimals, without exponent, in the range; at least one lies there."""
    low, high = node.low, node.high
    if low is None and high is None:
        return NUMBER
    parts = []
    if low is None or low.value < 0:
        nearest = _mirrored(high) if high and high.value <= 0 else Bound(Decimal(0), open=True)
        parts.append(f"\\x2d{_decimals(nearest or _ZERO, _mirrored(low))}")
    if high is None or high.value > 0 or (high.value == 0 and not high.open):
        parts.append(_decimals(low if low and low.value >= 0 else _ZERO, high))
    return _either(parts)


def _mirrored(bound: Bound | None) -> Bound | None:
    return bound and Bound(-bound.value, bound.open)


def _decimals(low: Bound, high: Bound | None) -> str:
    """Decimals from ``low``, 0 or more, to ``high``."""
    first, above = _split(low.value)
    if high is None:
        return _either(
            [
                _with_fractions(str(first), above, low.open, None),
                f"{_naturals_from(first + 1)}{_ANY_FRACTION}",
            ]
        )
    last, below = _split(high.value)
    if first == last:
        return _with_fractions(str(first), above, low.open, below, high.open)
    parts = [_with_fractions(str(first), above, low.open, None)]
    if first + 1 < last:
        parts.append(f"{_naturals(first + 1, last - 1)}{_ANY_FRACTION}")
    if below or not high.open:
        parts.append(_with_fractions(str(last), "", False, below, high.open))
    return _either(parts)


def _split(value: Decimal) -> tuple[int, str]:
    whole, _, fraction = f"{value:f}".partition(".")
    return int(whole), fraction.rstrip("0")


def _with_fractions(whole: str, low: str, low_open: bool, high: str | None, high_open: bool = False) -> str:
    """``whole`` with the fractions between two, each given by its digits; ``high`` of None: any below 1."""
    forms = []
    if not low and not low_open and (high != "" or not high_open):
        forms.append(_NONE)
    digits = _rest(low, low_open, high, high_open, empty=False)
    if digits is not None:
        forms.append(f"\\x2e{digits}")
    return f"{whole}{_either(forms)}"


def _rest(low: str | None, low_open: bool, high: str | None, high_open: bool, *, empty: bool) -> str | None:
    """Further digits of a fraction that lies between ``low`` and ``high``; None where there are none.

    Digits that aren't there count as zeros. ``empty``: no further digit may be needed.
    """
    if low == "" and not low_open:
        low = None
    if low is None and high is None:
        return "[0-9]*" if empty else "[0-9]+"
    if low == "" and high is None:
        return "0*[1-9][0-9]*"
    if high == "":
        return None if high_open or low is not None else "0*" if empty else "0+"
    forms = [_NONE] if empty and low is None else []
    least, most = int((low or "0")[0]), int(high[0]) if high else 9
    for digit in range(least, most + 1):
        inner_low = low[1:] if low is not None and digit == least else None
        inner_high = high[1:] if high and digit == most else None
        rest = _rest(inner_low, low_open, inner_high, high_open, empty=True)
        if rest is not None:
            forms.append(f"{digit}{rest}")
    return _either(forms) if forms else None


def _either(parts: Iterable[str]) -> str:
    forms = list(parts)
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(part if part != _NONE else '' for part in forms)})"
