"""Kinds of parameters: their JSON schemas, and values for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nemotron_demo.dialogues.lexicon import Lexicon, Value

_STRINGS: dict[str, Callable[[Lexicon], str]] = {
    "city": Lexicon.city,
    "person": Lexicon.name,
    "email": Lexicon.email,
    "date": Lexicon.date,
    "time": Lexicon.time,
    "id": Lexicon.identifier,
    "path": Lexicon.path,
    "word": Lexicon.word,
    "noun": Lexicon.noun,
    "phrase": Lexicon.phrase,
    "topic": lambda lexicon: lexicon.noun() if lexicon.chance(0.5) else lexicon.phrase(),
    "symbol": lambda lexicon: "".join(
        lexicon.pick("ABCDEFGHIKLMNOPRSTUVX") for _ in range(lexicon.number(3, 4))
    ),
    "sum": lambda lexicon: f"{lexicon.number(1, 99)} {lexicon.pick('+-*/')} {lexicon.number(1, 99)}",
    "command": lambda lexicon: (
        lexicon.pick(("ls ", "cat ", "rm ", "echo ", "wc ", "git add ")) + lexicon.path()
    ),
    "folder": lambda lexicon: lexicon.pick(("src", "docs", "/home", "data")) + "/" + lexicon.noun(),
    "url": lambda lexicon: f"https://{lexicon.made_word()}.{lexicon.pick(('com', 'org', 'net'))}",
}
_RANGES = {
    "count": (1, 20),
    "minutes": (1, 90),
    "percent": (1, 100),
    "year": (1900, 2035),
    "digits": (1, 9999),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        kind: What its values are: a key of the tables here, "amount", "bool", "names", or choices as "a|b|c".
        required: Whether every request names it.
    """

    name: str
    kind: str
    required: bool = True

    @classmethod
    def parse(cls, text: str) -> Parameter:
        """Reads ``name:kind``; ``name?:kind`` is optional."""
        name, kind = text.split(":", 1)
        return cls(name.rstrip("?"), kind, not name.endswith("?"))

    def schema(self) -> dict[str, Any]:
        """The JSON schema of its values."""
        if "|" in self.kind:
            return {"type": "string", "enum": self.kind.split("|")}
        if self.kind == "names":
            return {"type": "array", "items": {"type": "string"}}
        return {"type": _type_of(self.kind)}

    def draw(self, lexicon: Lexicon) -> Value:
        """A value for it."""
        return draw(self.kind, lexicon)


def _type_of(kind: str) -> str:
    if kind in _RANGES:
        return "integer"
    return {"amount": "number", "bool": "boolean"}.get(kind, "string")


def draw(kind: str, lexicon: Lexicon) -> Value:
    """A value of a kind."""
    if kind in _STRINGS:
        text = _STRINGS[kind](lexicon)
        return Value(text, text)
    if kind in _RANGES:
        number = lexicon.number(*_RANGES[kind])
        return Value(number, str(number))
    if kind == "amount":
        amount = lexicon.amount()
        return Value(amount, str(amount))
    if kind == "bool":
        truth = lexicon.chance(0.5)
        return Value(truth, "true" if truth else "false")
    if kind == "names":
        names = [lexicon.name() for _ in range(lexicon.number(2, 3))]
        return Value(names, ", ".join(names[:-1]) + " and " + names[-1])
    choice = lexicon.pick(kind.split("|"))
    return Value(choice, choice)
