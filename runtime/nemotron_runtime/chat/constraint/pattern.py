"""Regular expressions of JSON schemas (ECMA-262), written again in the engine's dialect.

A schema's pattern may match anywhere in a string; the engine's must match all of it. A class never admits
``<``, so that no pattern can spell a mark; a literal ``<`` is refused for the same reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce

from nemotron_runtime.chat.constraint import charset
from nemotron_runtime.chat.constraint.charset import Context, Ranges
from nemotron_runtime.chat.constraint.node import Pattern

LONGEST = 1024  # characters
MOST_REPEATS = 128  # of one quantifier: beyond it the engine slows down a hundredfold
MOST_STATES = 1024

_ANGLE = charset.of("<")
_QUANTIFIER = re.compile(r"\{([0-9]{1,6})(,([0-9]{0,6}))?\}")
_SETS = {"d": charset.DIGIT, "w": charset.WORD, "s": charset.SPACE}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}")
_GROUP = re.compile(r"\((\?:|\?P?<[A-Za-z_]\w*>|(?!\?))")


class Unheld(Exception):
    """The pattern can't be held; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class _Part:
    regex: str
    states: int


def translate(pattern: str, context: Context) -> Pattern:
    """Writes a pattern for a whole string in a context.

    Raises:
        Unheld: The pattern is no regular expression, or more than one in the strict sense.
    """
    if len(pattern) > LONGEST:
        raise Unheld(f"longer than {LONGEST} characters")
    part = _Parser(pattern, context).whole()
    return Pattern(part.regex, part.states)


class _Parser:
    """Reads from left to right; each method takes one construct off the front."""

    def __init__(self, pattern: str, context: Context) -> None:
        self._text, self._at = pattern, 0
        self._context = context
        self._depth = 0

    def whole(self) -> _Part:
        part = self._either(anchored=True)
        if self._at < len(self._text):
            raise Unheld("an unmatched )")
        return part

    def _peek(self, size: int = 1) -> str:
        return self._text[self._at : self._at + size]

    def _skip(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) * found
        return found

    def _either(self, *, anchored: bool) -> _Part:
        branches = [self._branch(anchored=anchored)]
        while self._skip("|"):
            branches.append(self._branch(anchored=anchored))
        if len(branches) == 1:
            return branches[0]
        regex = "|".join(branch.regex for branch in branches)
        return _bounded(f"(?:{regex})", sum(branch.states for branch in branches))

    def _branch(self, *, anchored: bool) -> _Part:
        free_start = anchored and not self._skip("^")
        parts = [self._anything()] if free_start else []
        while self._peek() not in ("", "|", ")", "$"):
            parts.append(self._term())
        if anchored and not self._skip("$"):
            parts.append(self._anything())
        if self._peek() not in ("", "|", ")"):
            raise Unheld("an anchor that is not at an end")
        return reduce(_joined, parts, _Part("", 0))

    def _anything(self) -> _Part:
        return _Part(f"{self._class(charset.EVERYTHING).regex}*", 1)

    def _term(self) -> _Part:
        atom = self._atom()
        least, most = self._quantifier()
        if (least, most) == (1, 1):
            return atom
        if self._peek() in ("*", "+", "?") or _QUANTIFIER.match(self._text, self._at):
            raise Unheld("a quantifier behind a quantifier")
        return _repeated(atom, least, most)

    def _quantifier(self) -> tuple[int, int | None]:
        if match := _QUANTIFIER.match(self._text, self._at):
            self._at = match.end()
            least = int(match[1])
            most = least if match[2] is None else int(match[3]) if match[3] else None
        else:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._peek(), (1, 1))
            if (least, most) == (1, 1):
                return 1, 1
            self._at += 1
        self._skip("?")  # lazy: which match is found makes no difference to whether there is one
        if max(least, most or 0) > MOST_REPEATS:
            raise Unheld(f"more than {MOST_REPEATS} repeats")
        if most is not None and most < least:
            raise Unheld("repeats out of order")
        return least, most

    def _atom(self) -> _Part:
        sign = self._peek()
        if sign == "(":
            return self._group()
        if sign == "[":
            self._at += 1
            return self._class(self._brackets())
        self._at += 1
        if sign == ".":
            return self._class(charset.complement(charset.LINE_ENDS))
        if sign == "\\":
            ranges = self._escape()
            return self._class(ranges) if charset.without(ranges, ranges[:1]) else self._single(ranges)
        if sign == "^":
            raise Unheld("an anchor that is not at an end")
        if sign in ("*", "+", "?"):
            raise Unheld(f'a "{sign}" behind nothing')
        return self._single(charset.of(sign))

    def _group(self) -> _Part:
        opening = _GROUP.match(self._text, self._at)
        if not opening:
            raise Unheld(f'"{self._peek(3)}": lookaround or flags')
        self._at = opening.end()
        self._depth += 1
        if self._depth > 16:
            raise Unheld("groups nested deeper than 16")
        part = self._either(anchored=False)
        self._depth -= 1
        if not self._skip(")"):
            raise Unheld("an unmatched (")
        return _Part(f"(?:{part.regex})", part.states)

    def _brackets(self) -> Ranges:
        negated = self._skip("^")
        ranges: list[tuple[int, int]] = []
        while not self._skip("]"):
            low = self._member()
            if self._peek() == "-" and self._peek(2)[1:] not in ("", "]"):
                self._at += 1
                high = self._member()
                if not _one(low) or not _one(high) or low[0][0] > high[0][0]:
                    raise Unheld("a range out of order in [...]")
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges += low
        members = charset.union(ranges)
        return charset.complement(members) if negated else members

    def _member(self) -> Ranges:
        sign = self._peek()
        if not sign:
            raise Unheld("an unmatched [")
        self._at += 1
        if sign != "\\":
            return charset.of(sign)
        if self._skip("b"):
            return ((8, 8),)
        return self._escape()

    def _escape(self) -> Ranges:
        if match := _CODE.match(self._text, self._at):
            self._at = match.end()
            code = int(match[1] or match[2] or match[3], 16)
            if code > charset.LAST:
                raise Unheld("an escape beyond Unicode")
            return ((code, code),)
        sign = self._peek()
        self._at += 1
        if sign.lower() in _SETS:
            ranges = _SETS[sign.lower()]
            return ranges if sign.islower() else charset.complement(ranges)
        if sign in _CONTROLS:
            return ((_CONTROLS[sign], _CONTROLS[sign]),)
        if not sign or sign.isalnum():
            raise Unheld(f'"\\{sign}"')
        return charset.of(sign)

    def _single(self, ranges: Ranges) -> _Part:
        if ranges == _ANGLE:
            raise Unheld('a literal "<"')
        return self._class(ranges)

    def _class(self, ranges: Ranges) -> _Part:
        regex = self._context(charset.without(ranges, _ANGLE))
        if regex is None:
            raise Unheld("a class or character that a value can't hold")
        return _Part(regex, 1)


def _one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _joined(left: _Part, right: _Part) -> _Part:
    return _bounded(left.regex + right.regex, left.states + right.states)


def _repeated(part: _Part, least: int, most: int | None) -> _Part:
    if not part.regex or most == 0:
        return _Part("", 0)
    inner = f"(?:{part.regex})"
    if most is None:
        regex = f"{inner}{{{least},}}" if least > 1 else inner + "*+"[least]
    else:
        regex = f"{inner}{{{least},{most}}}" if most > 1 else f"(?:{part.regex}|)"
    return _bounded(regex, part.states * max(least, most or 1, 1))


def _bounded(regex: str, states: int) -> _Part:
    if states > MOST_STATES:
        raise Unheld(f"larger than {MOST_STATES} states")
    return _Part(regex, states)
