"""US dollars in a column, exact to the last digit: NUMERIC in PostgreSQL, text in SQLite."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Numeric, Text, TypeDecorator, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class Money(TypeDecorator[Decimal]):
    """:class:`~decimal.Decimal`, never a float."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC without a scale keeps every digit, but SQLite would make a float of it."""
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Into the database."""
        return format(value, "f") if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Out of the database."""
        return None if value is None else Decimal(value)


class money_sum(FunctionElement[Decimal]):
    """``sum`` of a money column."""

    type = Money()
    inherit_cache = True


class money_add(FunctionElement[Decimal]):
    """``a + b`` of two money values."""

    type = Money()
    inherit_cache = True

    def __init__(self, *values: ColumnElement[Decimal] | Decimal) -> None:
        super().__init__(*(literal(v, Money()) if isinstance(v, Decimal) else v for v in values))


def give_sqlite(connection: sqlite3.Connection) -> None:
    """Teaches a connection to add money."""
    connection.create_function("decimal_add", 2, _add, deterministic=True)
    connection.create_aggregate("decimal_sum", 1, _Sum)  # type: ignore[arg-type]


def _add(a: str, b: str) -> str:
    return format(Decimal(a) + Decimal(b), "f")


class _Sum:
    def __init__(self) -> None:
        self._sum = Decimal(0)

    def step(self, value: str | None) -> None:
        if value is not None:
            self._sum += Decimal(value)

    def finalize(self) -> str:
        return format(self._sum, "f")


@compiles(money_sum)
def _plain_sum(element: money_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce(sum({compiler.process(element.clauses, **options)}), 0)"


@compiles(money_sum, "sqlite")
def _sqlite_sum(element: money_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce(decimal_sum({compiler.process(element.clauses, **options)}), '0')"


@compiles(money_add)
def _plain_add(element: money_add, compiler: SQLCompiler, **options: Any) -> str:
    a, b = _two(element)
    return f"({compiler.process(a, **options)} + {compiler.process(b, **options)})"


@compiles(money_add, "sqlite")
def _sqlite_add(element: money_add, compiler: SQLCompiler, **options: Any) -> str:
    return f"decimal_add({compiler.process(element.clauses, **options)})"


def _two(element: money_add) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    a, b = element.clauses
    return a, b
