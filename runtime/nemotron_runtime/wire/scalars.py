"""Scalars as JSON has them: ``"1"`` is no number, ``1`` is no boolean, but ``4.0`` is an integer."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError


def _integral(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number_type", "Invalid input: expected number")
    return value


def _price(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("Invalid input: expected a price as a number or a numeric string")
    try:
        price = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("Invalid input: expected a price as a number or a numeric string") from error
    if not price.is_finite() or price < 0:
        raise ValueError("Invalid input: expected a price of 0 or more")
    return price


Bool = StrictBool
Str = StrictStr
Int = Annotated[StrictInt, BeforeValidator(_integral)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Price = Annotated[Decimal, BeforeValidator(_price)]
