"""A question and its answer, on their own."""

from __future__ import annotations

from dataclasses import dataclass

from nemotron_demo.dialogues.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the user says, what the model thinks, and what it answers."""

    kind: str
    prompt: str
    thought: str
    answer: str


def typed(lexicon: Lexicon, form: str, **values: object) -> str:
    """A form filled in, in one of the ways people write: small letters, no full stop, a please."""
    if form[0] != "{" and lexicon.chance(0.2):
        form = form[0].lower() + form[1:]
    if form[-1] in "?." and lexicon.chance(0.2):
        form = form[:-1]
    return form.format(**values)
