"""Parts of a structural tag, in the engine's JSON form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Format = dict[str, Any]


def token(token: int) -> Format:
    """One token, by id."""
    return {"type": "token", "token": token}


def tokens(excluded: Sequence[int], limit: int | None = None) -> Format:
    """Any tokens but these, at most ``limit``."""
    return {"type": "any_tokens", "exclude_tokens": list(excluded), "max_tokens": limit}


def const(text: str) -> Format:
    """This text."""
    return {"type": "const_string", "value": text}


def grammar(*rules: str) -> Format:
    """Text of a grammar; its first rule is the root."""
    return {"type": "grammar", "grammar": "\n".join(rules)}


def sequence(*parts: Format) -> Format:
    """One after the other."""
    elements = [
        element for part in parts for element in (part["elements"] if part["type"] == "sequence" else [part])
    ]
    return elements[0] if len(elements) == 1 else {"type": "sequence", "elements": elements}


def chosen(forms: Sequence[Format]) -> Format:
    """One of these."""
    return forms[0] if len(forms) == 1 else {"type": "or", "elements": list(forms)}


def optional(form: Format) -> Format:
    """Once or not at all."""
    return {"type": "optional", "content": form}


def repeated(form: Format) -> Format:
    """Any number of times, none included."""
    return {"type": "star", "content": form}


def in_a_row(begin: int, content: Format, end: int, *, separator: str, many: bool) -> Format:
    """Content between two tokens: once, or once and more often."""
    tag = {"type": "tag", "begin": token(begin), "content": content, "end": token(end)}
    return {
        "type": "tags_with_separator",
        "tags": [tag],
        "separator": separator,
        "at_least_one": True,
        "stop_after_first": not many,
    }


def regex_rule(name: str, regex: str) -> str:
    """A grammar rule that is one regular expression: compiled to one automaton, which the engine caches."""
    escaped = regex.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name} ::= Regex("{escaped}")'


def quoted(text: str) -> str:
    """Text as a terminal of a grammar."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
