"""Shows an answer while it comes: reasoning folded apart, then the text, calls, a line of figures."""

from __future__ import annotations

import time
from typing import Literal

from rich.console import Console
from rich.status import Status

from nemotron_runtime.cli.output import clean
from nemotron_runtime.cli.talk.answer import CallArgs, CallStart, Piece, Text, Thought

Section = Literal["wait", "thought", "text", "call"]


class Display:
    """Plain: the answer alone on stdout, all about it on stderr. Reasoning is left out unless wanted."""

    def __init__(self, out: Console, notes: Console, *, show_reasoning: bool = False) -> None:
        self._out = out
        self._notes = notes
        self._show_reasoning = show_reasoning
        self._section: Section | None = None

    def wait(self) -> None:
        """The request is on its way."""
        self._enter("wait")

    def show(self, piece: Piece) -> None:
        """Shows one piece."""
        match piece:
            case Thought(text):
                self._enter("thought")
                self._thought(text)
            case Text(text):
                self._enter("text")
                self._write(text)
            case CallStart(name):
                self._leave()
                self._enter("call")
                self._write(f"call {name} ")
            case CallArgs(text):
                self._write(text)

    def end(self) -> None:
        """No more pieces come, whatever the reason."""
        self._leave()

    def note(self, text: str) -> None:
        """A remark about the answer."""
        self._notes.print(clean(text), style="dim", markup=False)

    def _enter(self, section: Section) -> None:
        if section != self._section:
            self._leave()
            self._section = section
            self._begin(section)

    def _leave(self) -> None:
        if self._section is not None:
            self._close(self._section)
        self._section = None

    def _write(self, text: str, style: str | None = None) -> None:
        self._out.out(text, end="", style=style, highlight=False)
        self._out.file.flush()

    def _begin(self, section: Section) -> None:
        if section == "thought" and self._show_reasoning:
            self._write("[reasoning]\n")
        elif section == "text" and self._show_reasoning:
            self._write("[answer]\n")

    def _thought(self, text: str) -> None:
        if self._show_reasoning:
            self._write(text)

    def _close(self, section: Section) -> None:
        if section in ("text", "call") or (section == "thought" and self._show_reasoning):
            self._write("\n")


class LiveDisplay(Display):
    """A terminal: dim reasoning, folded to one line when it is done."""

    _status: Status | None = None
    _began = 0.0
    _thoughts = 0

    def _begin(self, section: Section) -> None:
        self._began, self._thoughts = time.monotonic(), 0
        if section == "wait" or (section == "thought" and not self._show_reasoning):
            self._status = Status("waiting" if section == "wait" else "thinking", console=self._out)
            self._status.start()

    def _thought(self, text: str) -> None:
        self._thoughts += 1
        if self._show_reasoning:
            self._write(text, style="dim")
        elif self._status is not None:
            self._status.update(f"thinking {self._spent()}")

    def _write(self, text: str, style: str | None = None) -> None:
        style = "cyan" if self._section == "call" else style
        super()._write(clean(text), style)

    def _close(self, section: Section) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if section == "thought":
            end = "\n" if self._show_reasoning else ""
            self._out.print(f"{end}thought {self._spent()}", style="dim", markup=False)
        elif section != "wait":
            self._write("\n")

    def _spent(self) -> str:
        """Servers count reasoning tokens at the end only; most send one piece a token."""
        return f"for {time.monotonic() - self._began:.1f} s, about {self._thoughts} tokens"
