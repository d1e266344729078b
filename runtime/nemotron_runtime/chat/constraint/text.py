"""Free text in the two places where it stands: inside a JSON string, and as the value of a parameter.

To the engine a mark's token is the text of the mark, so text under a grammar must not spell a mark. Where the
length is bounded, the engine counts characters apart from the grammar; there shorter beginnings of marks and
tags are kept out, which compiles ten times faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from nemotron_runtime.chat.constraint import charset
from nemotron_runtime.chat.constraint.charset import character
from nemotron_runtime.chat.constraint.node import Text
from nemotron_runtime.chat.constraint.tag import (
    Format,
    chosen,
    const,
    grammar,
    quoted,
    regex_rule,
    sequence,
)
from nemotron_runtime.chat.fragments import Mark

MARKS = tuple(mark.value for mark in Mark)
TAGS = ("</parameter>", "</function>")
_BOUNDED_MARKS = ("<t", "</t")
_BOUNDED_TAGS = ("</p", "</f", "<parameter=")


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """The characters of a text, and perhaps escapes."""

    members: charset.Ranges
    escape: str = ""

    def plain(self, also: Iterable[str] = ()) -> str:
        """A character that is not ``<`` nor one of ``also``, nor an escape."""
        regex = charset.bracket(charset.without(self.members, charset.of("".join(("<", *also)))))
        assert regex
        return regex

    def unit(self) -> str:
        """A character that is not ``<``."""
        return f"(?:{self.plain()}|{self.escape})" if self.escape else self.plain()

    def text(self, words: Sequence[str]) -> str:
        """Text that spells none of the words, which begin with ``<`` and have no other."""
        return f"{self.unit()}*(?:{self.angle(words)})*"

    def angle(self, words: Sequence[str]) -> str:
        """``<`` and what follows it up to the next one, without spelling one of the words.

        That leaves the words with a character, or breaks off inside one, where an escape or ``<`` may follow.
        """
        behind_escape = f"(?:{self.escape}{self.unit()}*|)" if self.escape else ""
        leaving = f"{self._leaving(words, '<')}{self.unit()}*"
        return f"\\x3c(?:{leaving}|{_breaking_off(words, '<')}{behind_escape})"

    def _leaving(self, words: Sequence[str], read: str) -> str:
        ahead = _ahead(words, read)
        forms = [self.plain(ahead)]
        forms += [character(ord(c)) + self._leaving(words, read + c) for c in ahead if read + c not in words]
        return f"(?:{'|'.join(forms)})"


def _breaking_off(words: Sequence[str], read: str) -> str:
    forms = [
        character(ord(c)) + _breaking_off(words, read + c)
        for c in _ahead(words, read)
        if read + c not in words
    ]
    return f"(?:{'|'.join(forms)}|)" if forms else ""


def _ahead(words: Iterable[str], read: str) -> list[str]:
    """The characters with which one of the words goes on behind ``read``."""
    return sorted({word[len(read)] for word in words if len(word) > len(read) and word.startswith(read)})


LINE_END = "\n"
_ESCAPE = r"\x5c(?:[\x22\x5c\x2fbfnrt]|u(?:[0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))"
_JSON = _Alphabet(charset.PLAIN_JSON, _ESCAPE)
_VALUE = _Alphabet(charset.CHARACTERS)


@cache
def _json_text(words: tuple[str, ...]) -> str:
    return _JSON.text(words)


def other_names(taken: Iterable[str]) -> str:
    """A JSON string without escapes that is none of ``taken``."""
    words = {word for word in taken if not any(sign < " " or sign in '"\\<\x7f' for sign in word)}
    return f"\\x22{_differing(words, '')}\\x22"


def _differing(words: set[str], read: str) -> str:
    ahead = _ahead(words, read)
    forms = [f"{_JSON.plain(ahead)}{_JSON.plain()}*"]
    forms += [character(ord(sign)) + _differing(words, read + sign) for sign in ahead]
    return f"(?:{'|'.join(forms)}{'' if read in words else '|'})"


@cache
def _nonempty_json_text() -> str:
    angle = _JSON.angle(MARKS)
    return f"(?:{_JSON.unit()}{_JSON.unit()}*|{angle})(?:{angle})*"


def json_rules(node: Text, name: str) -> list[str]:
    """The rules of a JSON string, of which ``name`` is the first."""
    if node.pattern:
        return [regex_rule(name, f"\\x22{node.pattern.regex}\\x22")]
    if node == Text():
        return [regex_rule(name, f"\\x22{_json_text(MARKS)}\\x22")]
    if node == Text(min_length=1):
        return [regex_rule(name, f"\\x22{_nonempty_json_text()}\\x22")]
    rest = f"{name}_rest"
    if node.max_length is None:
        rules = [regex_rule(rest, _json_text(MARKS))]
    else:
        room = node.max_length - node.min_length
        rules = [regex_rule(f"{rest}[max_chars={room}]", _json_text(_BOUNDED_MARKS))]
    begin, begins = _begin(_JSON.unit(), node.min_length, name, rest)
    return [f'{name} ::= "\\"" {begin} {rest} "\\""', *begins, *rules]


def _begin(unit: str, least: int, name: str, rest: str) -> tuple[str, list[str]]:
    """What a text of a least length begins with, in front of the rule ``rest``.

    Its lookahead is written out: the one that the engine infers forgets that ``rest`` counts characters.
    """
    if not least:
        return "", []
    return f"{name}_begin", [f"{regex_rule(f'{name}_begin', f'{unit}{{{least}}}')} (= {rest})"]


def value(node: Text, begin: str, names: Iterable[str]) -> Format:
    """A string as a parameter's value, behind the text ``begin``.

    It holds no tag that closes a value, nor what begins one of the parameters of ``names``.
    """
    if node.pattern:
        return sequence(const(begin), grammar(regex_rule("root", node.pattern.regex)))
    if node.max_length is None:
        return sequence(const(begin), _unbounded(node, names))
    # Not any_text, which takes bytes that are no characters, and doesn't count them. What stands in front is
    # part of one rule, as the engine else lets a token through that is longer than what is left.
    text = _VALUE.text((*_BOUNDED_TAGS, *_BOUNDED_MARKS))
    rest = regex_rule(f"rest[max_chars={node.max_length - node.min_length}]", text)
    least, begins = _begin(_VALUE.plain(LINE_END), node.min_length, "root", "rest")
    return grammar(f"root ::= {quoted(begin)} {least} rest", *begins, rest)


def _unbounded(node: Text, names: Iterable[str]) -> Format:
    barred = [*TAGS, *MARKS, "<parameter= ", *(f"<parameter={name}" for name in names)]
    text: Format = {"type": "any_text", "excludes": barred}
    if not node.min_length:
        return text
    begins = [f"{_VALUE.plain(LINE_END)}{{{node.min_length}}}"]
    if node.min_length == 1:
        begins.append(f"\\x3c{_VALUE.plain(LINE_END + '/pt')}")
    return chosen([sequence(grammar(regex_rule("root", begin)), text) for begin in begins])
