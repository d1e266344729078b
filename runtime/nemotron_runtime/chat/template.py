"""Renders conversations with the model's chat template, safe by construction.

A special token has meaning by its id, and only the template may write one. So, before the template
is compiled, each special token in its source becomes a marker made of Unicode noncharacters; these
are removed from everything that a caller sends. What the template has rendered then splits into plain
text and special ids, and no text of a caller, nor text that the template puts together from a caller's
pieces, can become a special token. Neither can it mislead the template's own search for ``<think>``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.errors import InvalidRequest, WeightsCorrupt, WeightsMissing

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARKER = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_UNWANTED = re.compile(f"[{_OPEN}{_CLOSE}\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Special:
    """A special token in a rendering."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered conversation: plain text and special tokens in turn."""

    parts: tuple[str | Special, ...]

    @property
    def text(self) -> str:
        """The rendering as text, as any other implementation of the template gives it."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def followed_by(self, *parts: str | Special) -> Rendered:
        """Adds parts at the end. Text joins the text before it, so that it is tokenised as one."""
        joined = list(self.parts)
        for part in parts:
            if isinstance(part, str) and joined and isinstance(joined[-1], str):
                joined[-1] += part
            elif part:
                joined.append(part)
        return Rendered(tuple(joined))

    def encode(self, tokens: Tokens) -> list[int]:
        """Returns prompt ids: specials as such, everything else as plain text."""
        ids: list[int] = []
        for part in self.parts:
            ids += tokens.encode(part) if isinstance(part, str) else (part.id,)
        return ids


class ChatTemplate:
    """A compiled chat template.

    Args:
        source: Jinja source, as published with the model.
        specials: Ids of the special tokens by their text.

    Raises:
        WeightsCorrupt: The source is no Jinja template.
    """

    def __init__(self, source: str, specials: Mapping[str, int]) -> None:
        self._texts = {id: text for text, id in specials.items()}
        longest_first = sorted(specials, key=len, reverse=True)
        literal = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        marked = literal.sub(lambda match: f"{_OPEN}{specials[match[0]]}{_CLOSE}", source)
        try:
            self._template = _environment().from_string(marked)
        except TemplateError as error:
            raise WeightsCorrupt(f"the chat template is not valid: {error}") from error

    @classmethod
    def load(cls, path: Path, specials: Mapping[str, int]) -> ChatTemplate:
        """Reads a ``chat_template.jinja``.

        Raises:
            WeightsMissing: There is no such file.
            WeightsCorrupt: It is no Jinja template.
        """
        try:
            return cls(path.read_text(encoding="utf-8"), specials)
        except OSError as error:
            raise WeightsMissing(f"{path} can't be read: {error.strerror}") from error

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        enable_thinking: bool = True,
        truncate_history_thinking: bool = True,
        add_generation_prompt: bool = True,
    ) -> Rendered:
        """Renders a conversation.

        Raises:
            InvalidRequest: The template can't render it.
        """
        try:
            text = self._template.render(
                messages=_clean(messages),
                tools=_clean(tools),
                enable_thinking=enable_thinking,
                truncate_history_thinking=truncate_history_thinking,
                add_generation_prompt=add_generation_prompt,
            )
        except Exception as error:  # a template may fail in any way on what it didn't expect
            raise InvalidRequest("messages: The chat template can't render this conversation") from error
        return Rendered(self._split(text))

    def _split(self, text: str) -> tuple[str | Special, ...]:
        parts: list[str | Special] = []
        for index, piece in enumerate(_MARKER.split(text)):
            if index % 2:
                parts.append(Special(int(piece), self._texts[int(piece)]))
            elif piece:
                parts.append(piece)
        return tuple(parts)


def shipped_template() -> str:
    """Returns the source of our own copy of the model's template, which the demo uses."""
    return files("nemotron_runtime.chat").joinpath("nemotron_3_nano.jinja").read_text(encoding="utf-8")


def clean_text(text: str) -> str:
    """Removes what may stand in no prompt: our markers, and halves of surrogate pairs."""
    return _UNWANTED.sub("", text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def _environment() -> ImmutableSandboxedEnvironment:
    """The environment that published templates are written for."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Unlike Jinja's own filter this escapes no HTML; the signature is the one of transformers."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def _strftime_now(format: str) -> str:
    return datetime.now().strftime(format)
