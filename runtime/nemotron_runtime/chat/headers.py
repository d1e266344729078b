"""How a call and its parameters begin: ``<function=NAME>`` and ``<parameter=NAME>``, read leniently.

A tag that is not what it should be is still read where it names something that the tool declares.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from nemotron_runtime.chat.inband import MARKS
from nemotron_runtime.chat.prose import SPACE

FUNCTION = "<function="
_NAME_LIMIT = 256  # characters; tool names have 64 at most

_FUNCTION = re.compile(rf"{FUNCTION}([^<>]{{0,{_NAME_LIMIT}}})([<>])")
_OPEN_FUNCTION = re.compile(rf"{FUNCTION}[^<>]{{0,{_NAME_LIMIT}}}")
_PARAMETER = re.compile(rf"<parameter([^<>\n{MARKS}]{{0,{_NAME_LIMIT}}}+)(>|(?=\n))")
OPEN_PARAMETER = re.compile(rf"<parameter[^<>\n{MARKS}]{{0,{_NAME_LIMIT}}}")
# `=K`, ` = K`, ` K`, `="K"`, ` name="K"`; then nothing, or a colon or an equals sign and the value.
_LENIENT = re.compile(
    r"""\s*+=?+\s*+(?:name\s*+=\s*+)?(["']?+)(?P<name>[^"':=\s]++)\1\s*+(?:$|[:=](?:\s++(?=\S))?+)"""
)


@dataclass(frozen=True, slots=True)
class Header:
    """An opening tag.

    Attributes:
        end: Place in the text behind the tag, where the value begins.
        exact: The tag is written as the format has it.
    """

    name: str
    end: int
    exact: bool = True


class CallProbe:
    """Decides whether what follows is white space and ``<function=NAME>``."""

    def __init__(self, known: Container[str], *, only_known: bool) -> None:
        self._known = known
        self._only_known = only_known
        self._seen = ""
        self.refuted = False

    def feed(self, text: str) -> tuple[str, str] | None:
        """Returns the function's name and the text behind its tag, once it is all there."""
        self._seen += text if self._seen else text.lstrip(SPACE)
        seen = self._seen
        if match := _FUNCTION.match(seen):
            name = _known_name(match[1], self._known)
            closed = match[2] == ">"
            if name in self._known or (name and closed and not self._only_known):
                return name, seen[match.end() if closed else match.start(2) :]
        self.refuted = bool(match) or not (FUNCTION.startswith(seen) or _OPEN_FUNCTION.fullmatch(seen))
        return None


def parameter_header(text: str, at: int, declared: Container[str]) -> Header | None:
    """The parameter that begins at ``at``, where the name is declared or the tag is exact."""
    match = _PARAMETER.match(text, at)
    if not match:
        return None
    body, closed = match[1], match[2] == ">"
    name = body[1:].strip(SPACE)
    exact = closed and body.startswith("=") and bool(name)
    if exact and name in declared:
        return Header(name, match.end())
    lenient = _LENIENT.match(body)
    if lenient and lenient["name"] in declared:
        whole = lenient.end() == len(body)
        return Header(lenient["name"], match.end() if whole else match.start(1) + lenient.end(), exact=False)
    return Header(name, match.end()) if exact else None


def _known_name(text: str, known: Container[str]) -> str:
    """The trimmed name, without quotes where only that is known."""
    name = text.strip(SPACE)
    bare = name.strip("\"'")
    return bare if name not in known and bare in known else name
