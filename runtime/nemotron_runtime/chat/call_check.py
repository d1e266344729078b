"""Whether the calls of an answer can be carried out: by name, and by JSON Schema draft 7."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jsonschema import Draft7Validator, validators
from referencing import Registry

Verdict = Literal["good", "invalid_json", "unknown_name", "schema_mismatch"]


def _let_pass(*_: Any) -> None:
    """A client's regular expression could keep Python's engine busy for ever; the grammar has held to it."""


def _additional(validator: Any, allowed: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if "patternProperties" not in schema:
        yield from Draft7Validator.VALIDATORS["additionalProperties"](validator, allowed, value, schema)


_Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft7Validator,
    {"pattern": _let_pass, "patternProperties": _let_pass, "additionalProperties": _additional},
)


@dataclass(frozen=True, slots=True)
class CallCounts:
    """The tool calls of one answer, and how many of them are bad, by kind."""

    total: int = 0
    invalid_json: int = 0
    unknown_name: int = 0
    schema_mismatch: int = 0

    @property
    def bad(self) -> int:
        """Calls that can't be carried out."""
        return self.invalid_json + self.unknown_name + self.schema_mismatch


NO_CALLS = CallCounts()


def count_calls(
    calls: Iterable[tuple[str, str]], tools: Mapping[str, Mapping[str, Any] | None] | None
) -> CallCounts:
    """Judges each call.

    Args:
        calls: Name, and arguments as JSON text.
        tools: Parameter schemas by name. One that is absent, or no valid schema, allows any arguments.
    """
    verdicts = [_verdict(name, arguments, tools or {}) for name, arguments in calls]
    return CallCounts(
        total=len(verdicts),
        invalid_json=verdicts.count("invalid_json"),
        unknown_name=verdicts.count("unknown_name"),
        schema_mismatch=verdicts.count("schema_mismatch"),
    )


def _verdict(name: str, arguments: str, tools: Mapping[str, Mapping[str, Any] | None]) -> Verdict:
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        return "invalid_json"
    if name not in tools:
        return "unknown_name"
    return "good" if _fits(value, tools[name]) else "schema_mismatch"


def _fits(value: Any, schema: Mapping[str, Any] | None) -> bool:
    if schema is None:
        return True
    try:
        return bool(_Validator(schema, registry=Registry()).is_valid(value))  # which fetches nothing
    except Exception:  # no valid schema, or a reference that leads nowhere
        return True
