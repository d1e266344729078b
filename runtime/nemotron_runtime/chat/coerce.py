"""The text of one argument becomes JSON, as its schema wants it.

The chat template writes a scalar as Python does (``True``, ``None``), so a model that has seen its own
calls imitates both spellings. Results are JSON text, not Python values: numbers keep their digits, whatever
their size. What can't be read as its schema wants stays a JSON string, so nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from nemotron_runtime.chat.schema import Shape

NULLS = ("null", "None")

_SURROGATE = re.compile("[\ud800-\udfff]")
_PYTHON = re.compile(
    r"""'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+"|\b(?:True|False|None)\b""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "/": "/",
    "\n": "",
}
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}
_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]+)?")


def to_json(text: str, shape: Shape) -> str:
    """Returns ``text`` as JSON.

    A member of an enum wins where its rendering is the text. Then the kinds are tried: null, boolean,
    integer, number, object, array, string. Space around the text doesn't count, unless the value may be a
    string.
    """
    member = _member(text, shape.members)
    if member is not None:
        return member
    bare = text if "string" in shape.kinds else text.strip()
    for kind, read in _READERS:
        if kind in shape.kinds and (value := read(bare)) is not None:
            return value
    return f'"{escape(text)}"'


def escape(text: str) -> str:
    """The inside of a JSON string. Escapes of two texts in a row are the escape of both."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _member(text: str, members: tuple[Any, ...]) -> str | None:
    for wanted in (text, text.strip()):
        for member in members:
            if wanted in _renderings(member):
                with suppress(ValueError):  # NaN, which a client's schema may hold
                    return _dumps(member)
    return None


def _renderings(member: Any) -> tuple[str, ...]:
    """How the chat template and JSON write a value."""
    if isinstance(member, str):
        return (member,)
    return (str(member), json.dumps(member, ensure_ascii=False), json.dumps(member))


def _null(text: str) -> str | None:
    return "null" if text in NULLS else None


def _boolean(text: str) -> str | None:
    return text.lower() if text in ("true", "True", "false", "False") else None


def _integer(text: str) -> str | None:
    return _plain(text) if text.lstrip("+-").isdecimal() else None


def _whole(text: str) -> str | None:
    """``3.0`` where only an integer will do."""
    head, _, zeros = text.partition(".")
    return _integer(head) if not zeros.strip("0") else None


def _plain(text: str) -> str | None:
    """A decimal number as JSON writes it: no plus sign, no leading zeros, no bare dot."""
    match = _DECIMAL.fullmatch(text)
    if not match or not (match[2] or match[3]):
        return None
    sign, whole, fraction, exponent = match.groups(default="")
    return "-" * (sign == "-") + (whole.lstrip("0") or "0") + (fraction and f".{fraction}") + exponent


def _container(kind: type) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        return _as_json(text, kind) or _as_python(text, kind)

    return read


def _as_json(text: str, kind: type) -> str | None:
    """JSON stays as it was written; numbers aren't converted, so none is too long."""
    try:
        value = json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return text.strip() if isinstance(value, kind) else None


def _as_python(text: str, kind: type) -> str | None:
    """A Python literal, or JSON with Python's constants or raw newlines: strings and constants are rewritten.

    Not by ``ast``: that takes a second over hostile text, warns of escapes and rounds numbers.
    """
    try:
        return _as_json(_PYTHON.sub(_rewritten, text), kind)
    except (ValueError, OverflowError):  # an escape beyond Unicode
        return None


def _rewritten(token: re.Match[str]) -> str:
    if constant := _CONSTANTS.get(token[0]):
        return constant
    return _dumps(_ESCAPE.sub(_unescaped, token[0][1:-1]))


def _unescaped(escape: re.Match[str]) -> str:
    number = escape[1] or escape[2] or escape[3]
    if number:
        return chr(int(number, 16))
    return _ESCAPED.get(escape[4], f"\\{escape[4]}")


def _dumps(value: Any) -> str:
    """JSON that UTF-8 can carry: a lone surrogate, possible in a literal, stays an escape."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return json.dumps(value) if _SURROGATE.search(text) else text


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_READERS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("null", _null),
    ("boolean", _boolean),
    ("integer", _integer),
    ("number", _plain),
    ("integer", _whole),
    ("object", _container(dict)),
    ("array", _container(list)),
)
