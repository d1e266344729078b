"""What a generated token is to the parser: text, or a mark that structures the output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nemotron_runtime.engine.base import TokenLogprob


class Mark(Enum):
    """A special token with meaning for the structure. It counts by id, never by its text."""

    THINK = "<think>"
    END_THINK = "</think>"
    CALL = "<tool_call>"
    END_CALL = "</tool_call>"


@dataclass(frozen=True, slots=True)
class Fragment:
    """One generated token.

    Attributes:
        text: The text this token completed: empty while a character is still cut, the mark's own
            text for a mark.
        mark: Set where the token is a mark.
        row: Its log probability, where asked for.
    """

    text: str
    mark: Mark | None = None
    row: TokenLogprob | None = None
