"""Reads TOML tables strictly: a wrong type and an unknown key are errors that name file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from nemotron_runtime.errors import ConfigError

T = TypeVar("T")


class Table:
    """One TOML table. Keys are taken one by one; :meth:`close` complains about what is left."""

    def __init__(self, values: Mapping[str, Any], file: str, prefix: str = "") -> None:
        self._values = dict(values)
        self._file = file
        self._prefix = prefix

    @classmethod
    def load(cls, path: Path) -> Table:
        """Reads a file.

        Raises:
            ConfigError: The file is not there, not readable or not TOML.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: {error}") from error
        return cls(values, str(path))

    def __bool__(self) -> bool:
        return bool(self._values)

    def error(self, key: str, problem: str) -> ConfigError:
        """Makes the error for a key of this table."""
        return ConfigError(f"{self._file}: {self._prefix}{key}: {problem}")

    def take(self, key: str, kind: type[T]) -> T:
        """Takes a value that must be there."""
        if key not in self._values:
            raise self.error(key, "is missing")
        return self._checked(key, self._values.pop(key), kind)

    def get(self, key: str, kind: type[T], default: T) -> T:
        """Takes a value, or the default where there is none."""
        return self.take(key, kind) if key in self._values else default

    def find(self, key: str, kind: type[T]) -> T | None:
        """Takes a value, or None where there is none."""
        return self.take(key, kind) if key in self._values else None

    def items(self, key: str, kind: type[T]) -> tuple[T, ...]:
        """Takes an array of values; absent is empty."""
        return tuple(self._checked(key, value, kind) for value in self.get(key, list, []))

    def price(self, key: str) -> Decimal:
        """Takes a price, written as text so that no digit is lost; absent is 0."""
        text = self.get(key, str, "0")
        try:
            price = Decimal(text)
        except ArithmeticError as error:
            raise self.error(key, f"{text!r} is no price") from error
        if not price.is_finite() or price < 0:
            raise self.error(key, "expected a price of 0 or more")
        return price

    def table(self, key: str) -> Table:
        """Takes a table; absent is empty."""
        return Table(self.get(key, dict, {}), self._file, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[Table]:
        """Takes an array of tables; absent is empty."""
        rows = self.items(key, dict)
        return [Table(row, self._file, f"{self._prefix}{key}[{i}].") for i, row in enumerate(rows)]

    def close(self) -> None:
        """Raises ConfigError where a key was never asked for."""
        for key in self._values:
            raise self.error(key, "unknown key")

    def _checked(self, key: str, value: Any, kind: type[T]) -> T:
        if kind is float and type(value) is int:
            return kind(value)  # type: ignore[call-arg]
        if type(value) is not kind:
            raise self.error(key, f"expected {kind.__name__}, found {type(value).__name__}")
        return value
