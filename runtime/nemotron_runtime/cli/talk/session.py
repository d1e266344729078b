"""A conversation: its messages, and turns that a failure or Ctrl-C leaves intact."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from nemotron_runtime.cli.output import ServerFault
from nemotron_runtime.cli.talk.answer import Answer
from nemotron_runtime.cli.talk.client import Server
from nemotron_runtime.cli.talk.display import Display
from nemotron_runtime.cli.talk.timing import Timing, summary


class Session:
    """Messages so far, the system message first.

    Args:
        options: Fields of each request beside the messages.
    """

    def __init__(
        self, server: Server, display: Display, options: Mapping[str, Any], system: str | None = None
    ) -> None:
        self._server = server
        self._display = display
        self._options = options
        self._system = [{"role": "system", "content": system}] if system else []
        self.messages: list[dict[str, Any]] = []

    def request(self, prompt: str) -> dict[str, Any]:
        """The body that asks this next."""
        asked = {"role": "user", "content": prompt}
        return {**self._options, "messages": [*self._system, *self.messages, asked]}

    def ask(self, prompt: str) -> bool:
        """Streams the answer to the display and keeps the turn.

        Returns:
            False where Ctrl-C ended the generation; what was shown of the answer is kept.

        Raises:
            CommandFault: The turn is not kept.
        """
        answer, timing = Answer(), Timing()
        try:
            self._stream(prompt, answer, timing)
            whole = True
        except KeyboardInterrupt:
            whole = False
            answer.calls.clear()  # a call that was cut can't be answered
        finally:
            self._display.end()
        if whole or answer.text:
            self.messages += [{"role": "user", "content": prompt}, answer.message()]
        self._display.note(summary(answer, timing) if whole else "interrupted")
        return whole

    def _stream(self, prompt: str, answer: Answer, timing: Timing) -> None:
        self._display.wait()
        body = {**self.request(prompt), "stream_options": {"include_usage": True}}
        with closing(self._server.stream(body)) as chunks:
            for chunk in chunks:
                for piece in answer.feed(chunk):
                    timing.tick()
                    self._display.show(piece)
        if answer.finish is None:
            raise ServerFault("the server ended the stream before the answer was done")
