"""What settings are declared with: a field with its words, and the values that have a word of their own."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

T = TypeVar("T")


def setting(default: Any, about: str, *, group: str, flag: str = "", shown: str = "", **limits: Any) -> Any:
    """A field. ``flag``: where it is not ``--the-name``. ``shown``: the default in words."""
    kind = "default_factory" if callable(default) else "default"
    extra: dict[str, Any] = {"group": group, "flag": flag, "shown": shown}
    return Field(**{kind: default}, description=about, json_schema_extra=extra, **limits)


def words(value: Any) -> Any:
    """Splits at commas: ``"a, b"`` and ``["a", "b"]`` are the same list."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        return value
    return tuple(word.strip() for item in items for word in item.split(",") if word.strip())


def _auto(value: Any) -> Any:
    return None if value in ("auto", ("auto",), ["auto"]) else value


def _off(value: Any) -> Any:
    return None if value == "off" else value


Auto = Annotated[T | None, BeforeValidator(_auto)]
"""``auto`` is None: the program chooses."""

Off = Annotated[T | None, BeforeValidator(_off)]
"""``off`` is None: nothing limits, nothing is set."""

Words = Annotated[tuple[str, ...], BeforeValidator(words)]
