"""Draws words, names and values of all kinds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nemotron_demo.dialogues import words

T = TypeVar("T")

_ONSETS: tuple[str, ...] = (*"bdfgklmnprstvz", *("br", "dr", "fl", "gr", "kl", "pl", "sh", "st", "tr"))
_VOWELS: tuple[str, ...] = (*"aeiouaeio", "ai", "ou")
_CODAS: tuple[str, ...] = ("", "", "", *"nrlsmx")
_PHRASES = (
    "the {noun} is {adjective}",
    "my {adjective} {noun}",
    "{noun} {number}",
    "call {name}",
    "meet {name}",
    "{name}'s {noun}",
    "buy {number} {noun}s",
    "New {noun}",
    "{name} is {adjective}",
    "a {adjective} {noun}",
    "no {noun} today",
    "Hello {name}",
)
_DOMAINS = ("example.com", "example.org", "mail.com", "test.net", "work.io", "home.org", "post.net")
_EVERY = 7
_BLENDED = 0.5
"""Share of the training words that are none."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an argument, and how a request writes it."""

    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Draws from the words of training and blends of them; held out, half of the time from other words."""

    rng: random.Random
    held_out: bool = False

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self.rng.random() * len(choices))]

    def number(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def word_of(self, choices: Sequence[str]) -> str:
        """One of a list of which every seventh is held out."""
        held = tuple(range(3, len(choices), _EVERY))
        if self.held_out and self.chance(0.5):
            return choices[self.pick(held)]
        if not self.held_out and self.chance(_BLENDED):
            return self._blend(choices)
        return self._known(choices)

    def _blend(self, choices: Sequence[str]) -> str:
        """The head of one word and the tail of another, perhaps misspelt.

        What was never seen can't be recalled: it has to be copied.
        """
        one, other = self._known(choices), self._known(choices)
        head, tail = one[: self.number(1, len(one))], other[self.number(1, len(other)) :]
        made = (head + tail)[:16].strip()
        if self.chance(0.3):
            at = self.number(1, len(made))
            made = made[:at] + self.pick("abcdefghijklmnopqrstuvwxyz") + made[at:]
        return one if made in choices or len(made) < 2 else made

    def _known(self, choices: Sequence[str]) -> str:
        at = self.number(0, len(choices) - 1)
        return choices[at - 1 if at % _EVERY == 3 else at]

    def made_word(self) -> str:
        """A word of two or three syllables that means nothing."""
        count = 2 if self.chance(0.7) else 3
        syllables = [self.pick(_ONSETS) + self.pick(_VOWELS) for _ in range(count)]
        return "".join(syllables) + self.pick(_CODAS)

    def name(self) -> str:
        """A first name."""
        return self.word_of(words.NAMES) if self.chance(0.75) else self.made_word().capitalize()

    def city(self) -> str:
        """A city."""
        return self.word_of(words.CITIES) if self.chance(0.75) else self.made_word().capitalize()

    def noun(self) -> str:
        """A thing, in the singular."""
        return self.word_of(words.NOUNS) if self.chance(0.8) else self.made_word()

    def adjective(self) -> str:
        """An adjective."""
        return self.word_of(words.ADJECTIVES)

    def word(self) -> str:
        """Any word."""
        form = self.rng.random()
        if form < 0.5:
            return self.noun()
        return self.adjective() if form < 0.75 else self.made_word()

    def distinct(self, count: int) -> list[str]:
        """Different words, names, cities or numbers."""
        draw = self.pick((self.word, self.word, self.word, self.word, self.name, self.city, self._digits))
        found: list[str] = []
        while len(found) < count:
            if (word := draw()) not in found:
                found.append(word)
        return found

    def several(self) -> str:
        """Several words, names or numbers, apart by commas."""
        return ", ".join(self.distinct(self.number(3, 8)))

    def _digits(self) -> str:
        return str(self.number(1, 99))

    def phrase(self) -> str:
        """A few words, some of which make sense together."""
        if self.chance(0.25):
            return self.pick(_PHRASES).format(
                noun=self.noun(), adjective=self.adjective(), name=self.name(), number=self.number(2, 99)
            )
        return " ".join(self.word() for _ in range(self.number(2, 4)))

    def date(self) -> str:
        """A day, as 2026-03-14."""
        return f"20{self.number(20, 35)}-{self.number(1, 12):02}-{self.number(1, 28):02}"

    def time(self) -> str:
        """A time of day, as 18:30."""
        return f"{self.number(0, 23):02}:{self.pick(('00', '15', '30', '45', '20', '05'))}"

    def email(self) -> str:
        """An address."""
        return f"{self.name().lower()}@{self.pick(_DOMAINS)}"

    def identifier(self) -> str:
        """An id, as A-4821."""
        letters = "".join(self.pick("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(self.number(1, 2)))
        return f"{letters}-{self.number(10, 9999)}"

    def path(self) -> str:
        """A file's path."""
        folder = self.pick(("", "", f"{self.noun()}/", "src/", "docs/", "data/", "/tmp/"))  # noqa: S108
        return f"{folder}{self.noun()}.{self.pick(('txt', 'md', 'py', 'json', 'csv', 'log'))}"

    def amount(self) -> float | int:
        """A positive number, whole or with two digits at most."""
        if self.chance(0.4):
            return self.number(1, 999)
        return round(self.number(0, 300) + self.pick((0.5, 0.25, 0.75, 0.1, 0.99, 0.2)), 2)
