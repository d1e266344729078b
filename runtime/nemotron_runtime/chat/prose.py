"""The two kinds of running text: a thought and an answer.

Both drop the newlines that the format puts between parts, and nothing else. They hold back what may be such a
newline until what follows decides it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from nemotron_runtime.chat.events import TextDelta
from nemotron_runtime.chat.stops import StopScanner
from nemotron_runtime.engine.base import TokenLogprob

SPACE = " \t\r\n\f\v"


class Thought:
    """One thought, without the newline before its closing mark.

    Args:
        opened: The output holds its opening mark, so the newline behind that is dropped, too.
    """

    def __init__(self, *, opened: bool) -> None:
        self._at_newline = opened
        self._held = ""
        self.begun = False

    def feed(self, text: str) -> str:
        """Returns what is certain to be thought."""
        if text and self._at_newline:
            self._at_newline = False
            text = text.removeprefix("\n")
        self.begun = self.begun or bool(text)
        text = self._held + text
        self._held = "\n" if text.endswith("\n") else ""
        return text.removesuffix("\n")

    def flush(self) -> str:
        """The output ends inside the thought: the held newline is thought, too."""
        held, self._held = self._held, ""
        return held


class Answer:
    """The answer: stretches of text with calls between them.

    Of a stretch next to a call, one newline on that side is format; if it is white space only, all of it is.
    A row goes with the first character of its token that is shown, so each is kept with its token's place.

    Args:
        stop: Stop strings, looked for in what is certain to be answer.
        calls: Whether calls may come, so that a newline at the end has to wait.
    """

    def __init__(self, stop: Sequence[str], *, calls: bool) -> None:
        self._scanner = StopScanner(stop)
        self._calls = calls
        self._rows: deque[tuple[int, int, TokenLogprob]] = deque()  # start and end of the token in the text
        self._fed = self._shown = 0  # places in the text
        self._space: list[str] | None = []  # all of the stretch while it is white space, else None
        self._newline_is_format = False  # the one that the stretch begins with
        self._held = ""  # a newline at the end
        self.begun = False

    @property
    def stopped(self) -> bool:
        """A stop string matched; nothing more will come out."""
        return self._scanner.matched

    @property
    def blank(self) -> bool:
        """Whether the current stretch has only white space so far."""
        return self._space is not None

    def feed(self, text: str, row: TokenLogprob | None = None) -> TextDelta | None:
        """Takes one token's text and row; returns what is certain to be answer."""
        if row:
            self._rows.append((self._fed, self._fed + len(text), row))
        self._fed += len(text)
        if self._space is not None:
            self._space.append(text)
            if not text.strip(SPACE):
                return None
            text = self._open_stretch()
        text = self._held + text
        self._held = "\n" if self._calls and text.endswith("\n") else ""
        return self._show(self._scanner.feed(text.removesuffix(self._held)))

    def before_call(self) -> TextDelta | None:
        """A call begins: what is held is shown, but for format."""
        delta = self._show(self._scanner.flush())
        self._held = ""
        self.restart()
        return delta

    def after_calls(self) -> TextDelta | None:
        """A call's closing mark: text that came inside it stays, the newline after it is format."""
        delta = self._show(self._scanner.feed(self._take_held()) + self._scanner.flush())
        self.restart()
        return delta

    def restart(self) -> None:
        """Begins a stretch whose first newline is format; drops what the last one had not shown."""
        self._space, self._newline_is_format = [], True
        self._rows.clear()
        self._shown = self._fed

    def finish(self, *, after_call: bool) -> TextDelta | None:
        """The output ended. White space alone is an answer only where no call came."""
        if self.stopped or (self.blank and after_call):
            return None
        text = self._open_stretch() if self.blank else self._take_held()
        text = self._scanner.feed(text)
        return self._show(text if self.stopped else text + self._scanner.flush())

    def _open_stretch(self) -> str:
        text = "".join(self._space or ())
        self._space = None
        self.begun = True
        if not (self._newline_is_format and text.startswith("\n")):
            return text
        self._shown += 1
        while self._rows and self._rows[0][1] <= self._shown:
            self._rows.popleft()
        return text[1:]

    def _take_held(self) -> str:
        held, self._held = self._held, ""
        return held

    def _show(self, text: str) -> TextDelta | None:
        if not text:
            return None
        self._shown += len(text)
        rows = []
        while self._rows and self._rows[0][0] < self._shown:
            rows.append(self._rows.popleft()[2])
        return TextDelta(text, tuple(rows))
