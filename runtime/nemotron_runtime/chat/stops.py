"""Stop strings in a stream."""

from __future__ import annotations

from collections.abc import Sequence


class StopScanner:
    """Holds back what may begin a stop string, and finds the first one that is complete.

    Where several match, the one that is complete first wins, and among those the longest: generation ends
    there, so a longer one that began earlier could never be confirmed. Linear in the text (Knuth, Morris and
    Pratt).
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._needles = [_Needle(stop) for stop in stops if stop]
        self._held = ""
        self.matched = False

    def feed(self, text: str) -> str:
        """Returns the text that is safe to show: all of it up to a match, or up to what may begin one."""
        if self.matched or not self._needles:
            return "" if self.matched else text
        known = len(self._held)
        text = self._held + text
        for end, char in enumerate(text[known:], start=known + 1):
            found = max(needle.step(char) for needle in self._needles)
            if found:
                self.matched, self._held = True, ""
                return text[: end - found]
        safe = len(text) - max(needle.progress for needle in self._needles)
        self._held = text[safe:]
        return text[:safe]

    def flush(self) -> str:
        """The text ends: nothing that is held is a stop string."""
        held, self._held = self._held, ""
        for needle in self._needles:
            needle.progress = 0
        return held


class _Needle:
    """One stop string and how many of its characters the text ends with."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._fallback = _fallbacks(text)
        self.progress = 0

    def step(self, char: str) -> int:
        """Takes one character; returns the length of the stop string where that completes it, else 0."""
        while self.progress and self._text[self.progress] != char:
            self.progress = self._fallback[self.progress - 1]
        self.progress += self._text[self.progress] == char
        if self.progress < len(self._text):
            return 0
        self.progress = 0
        return len(self._text)


def _fallbacks(text: str) -> list[int]:
    """For each prefix, the length of its longest proper prefix that is also its suffix."""
    table = [0] * len(text)
    length = 0
    for position in range(1, len(text)):
        while length and text[position] != text[length]:
            length = table[length - 1]
        length += text[position] == text[length]
        table[position] = length
    return table
