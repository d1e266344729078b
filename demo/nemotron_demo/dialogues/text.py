"""Small tasks on words: repeat, spell, count, capitals, first and last."""

from __future__ import annotations

from nemotron_demo.dialogues.exchange import Exchange, typed
from nemotron_demo.dialogues.lexicon import Lexicon

_REPEAT = (
    "Repeat: {text}",
    "Repeat after me: {text}",
    "Say {text}",
    'Say "{text}"',
    "Repeat this: {text}",
    'Repeat the words "{text}"',
    "Please say {text}",
    "Just say {text}",
    "Write {text}",
    "Echo {text}",
)
_SPELL = (
    "Spell {word}.",
    'Spell "{word}".',
    "How do you spell {word}?",
    "Spell the word {word}.",
    "Can you spell {word}?",
)
_LETTERS = (
    "How many letters are in {word}?",
    "Count the letters in {word}.",
    "How many letters has {word}?",
    'How many letters does "{word}" have?',
)
_COUNT = (
    "How many items are here: {items}?",
    "Count the items: {items}.",
    "How many items are in this list: {items}?",
    "Count these: {items}.",
)
_TO = ("Count to {n}.", "Count from 1 to {n}.", "Can you count to {n}?", "Count up to {n}.")
_UPPER = (
    "Write {text} in capitals.",
    "Write {text} in upper case.",
    "{text} in capital letters.",
    "Uppercase: {text}",
    "Make this upper case: {text}",
)
_PLACES = {"first": 0, "last": -1, "second": 1}
_PLACE = (
    "What is the {place} word of: {items}?",
    "Which is the {place} word: {items}?",
    "Give me the {place} word of this list: {items}.",
    "What is the {place} item in {items}?",
)


def repeat(lexicon: Lexicon) -> Exchange:
    """Says what the user says."""
    draws = (lexicon.phrase, lexicon.phrase, lexicon.word, lexicon.identifier, lexicon.name, lexicon.several)
    text = lexicon.pick(draws)()
    return Exchange(
        "text.repeat", typed(lexicon, lexicon.pick(_REPEAT), text=text), f"I repeat: {text}.", text
    )


def spell(lexicon: Lexicon) -> Exchange:
    """Letters of a word, apart by hyphens."""
    word = lexicon.name() if lexicon.chance(0.2) else lexicon.word()
    letters = "-".join(word)
    return Exchange(
        "text.spell", typed(lexicon, lexicon.pick(_SPELL), word=word), f"The word is {word}.", letters
    )


def count(lexicon: Lexicon) -> Exchange:
    """The number of letters or words, or counting aloud."""
    form = lexicon.rng.random()
    if form < 0.3:
        n = lexicon.number(2, 12)
        numbers = ", ".join(map(str, range(1, n + 1)))
        return Exchange(
            "text.count", typed(lexicon, lexicon.pick(_TO), n=n), f"I count from 1 to {n}.", numbers + "."
        )
    if form < 0.65:
        word = lexicon.noun()
        while len(word) > 9:
            word = lexicon.noun()
        prompt = typed(lexicon, lexicon.pick(_LETTERS), word=word)
        return Exchange("text.count", prompt, _numbered(list(word)), f"{word} has {len(word)} letters.")
    items = lexicon.distinct(lexicon.number(2, 7))
    prompt = typed(lexicon, lexicon.pick(_COUNT), items=_written(lexicon, items))
    return Exchange("text.count", prompt, _numbered(items), f"There are {len(items)}.")


def upper(lexicon: Lexicon) -> Exchange:
    """The same in capitals."""
    text = lexicon.word() if lexicon.chance(0.7) else f"{lexicon.adjective()} {lexicon.noun()}"
    prompt = typed(lexicon, lexicon.pick(_UPPER), text=text)
    return Exchange("text.upper", prompt, f"In capitals: {text}.", text.upper())


def place(lexicon: Lexicon) -> Exchange:
    """The first, second or last of a list."""
    items = lexicon.distinct(lexicon.number(3, 6))
    which = lexicon.pick(tuple(_PLACES))
    found = items[_PLACES[which]]
    prompt = typed(lexicon, lexicon.pick(_PLACE), place=which, items=_written(lexicon, items))
    return Exchange("text.place", prompt, f"The {which} word is {found}.", found)


def _numbered(items: list[str]) -> str:
    return ", ".join(f"{at} {item}" for at, item in enumerate(items, 1)) + "."


def _written(lexicon: Lexicon, items: list[str]) -> str:
    return lexicon.pick((", ", ", ", " ")).join(items)


TEXT_SKILLS = (repeat, repeat, repeat, spell, spell, spell, count, count, upper, place)


def text(lexicon: Lexicon) -> Exchange:
    """Any of these tasks."""
    return lexicon.pick(TEXT_SKILLS)(lexicon)
