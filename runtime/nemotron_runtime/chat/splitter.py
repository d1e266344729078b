"""The output of the model, token by token, becomes thought, answer and calls. Lossless and without I/O.

Marks (``<think>``, ``<tool_call>`` ...) count by token id, the tags inside a call by text. What looks like
structure but isn't stays text of where it stands. Dropped are the marks and tags themselves and the white
space that the format puts around them: one newline on the inner side of think marks, one behind ``</think>``,
one before ``<tool_call>`` and one behind ``</tool_call>``, and stretches of white space between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nemotron_runtime.chat.events import Piece, ReasoningDelta, TextDelta, ToolCallArgs, ToolCallStart
from nemotron_runtime.chat.fragments import Fragment, Mark
from nemotron_runtime.chat.headers import CallProbe
from nemotron_runtime.chat.inband import clean, decode, encode
from nemotron_runtime.chat.prose import Answer, Thought
from nemotron_runtime.chat.schema import Parameters
from nemotron_runtime.chat.toolcalls import CallBody


class Splitter:
    """Splits one output.

    Args:
        thinking: The prompt ended inside a thought.
        tools: Name to parameters schema. None: the request has no tools, so a call is text.
        new_id: Makes the id of the next call.
        stop: Stop strings of the answer; thoughts and arguments aren't searched.
        max_calls: Calls after which the output is over; 1 or more.

    Attributes:
        calls: Complete calls.
        reasoning_tokens: Fragments that belong to thoughts, their marks included.
    """

    def __init__(
        self,
        *,
        thinking: bool,
        tools: Mapping[str, Mapping[str, Any] | None] | None,
        new_id: Callable[[], str],
        stop: Sequence[str] = (),
        max_calls: int | None = None,
    ) -> None:
        self._tools = tools
        self._new_id = new_id
        self._max_calls = max_calls
        self._out: list[Piece] = []
        self._thought = Thought(opened=False) if thinking else None
        self._answer = Answer(stop, calls=tools is not None)
        self._probe: CallProbe | None = None
        self._probed: list[Fragment] = []
        self._body: CallBody | None = None
        self._in_block = False  # between <tool_call> and </tool_call>, behind a complete call
        self._quoted_thoughts = 0
        self._started = 0
        self._finished = False
        self.calls = 0
        self.reasoning_tokens = 0

    @property
    def stopped(self) -> bool:
        """A stop string matched or the last allowed call is complete: the engine may be stopped."""
        return self._answer.stopped or self.calls == self._max_calls

    @property
    def open_call(self) -> bool:
        """A call has begun and is not complete; after :meth:`finish`: it was cut."""
        return self._body is not None

    @property
    def thinking(self) -> bool:
        """A thought is open."""
        return self._thought is not None

    def feed(self, *fragments: Fragment) -> list[Piece]:
        """Takes tokens; returns what they make certain. Ignored once the output has stopped or finished."""
        if not self._finished:
            for fragment in fragments:
                self._take(fragment)
        return self._drain()

    def finish(self, *, cut: bool) -> list[Piece]:
        """The output ended; returns all that was held back. Safe to call again.

        Args:
            cut: The model didn't end it (length, abort): a call that is open stays open, its JSON incomplete,
                so that it can't be mistaken for one to execute. Else it is complete, whatever tags it lacks.
        """
        if not (self._finished or self.stopped):
            self._finish(cut)
        self._finished = True
        return self._drain()

    def _finish(self, cut: bool) -> None:
        if self._body:
            self._emit_arguments(self._body.finish(cut=cut))
            if self._body.done:
                self._end_call()
            else:
                self._say(self._body.leftover)
        self._refute()
        if self._thought:
            self._emit(ReasoningDelta(self._thought.flush()))
        if not self.stopped:
            self._emit(self._answer.finish(after_call=self._started > 0))

    def _take(self, fragment: Fragment) -> None:
        if self.stopped:
            return
        if self._body:
            self._emit_arguments(self._body.feed(encode(fragment)))
            if self._body.done:
                self._end_call()
        elif self._probe and not fragment.mark:
            self._look_for_call(self._probe, fragment)
        else:
            self._refute()
            self._read(fragment)

    def _read(self, fragment: Fragment) -> None:
        if fragment.mark is Mark.CALL and self._tools is not None:
            self._expect_call(fragment)
        elif fragment.mark is Mark.THINK and self._opens_thought():
            self._open_thought()
        elif fragment.mark is Mark.END_THINK and not self._closes_quote():
            self._close_thought()
        elif fragment.mark is Mark.END_CALL and self._in_block and not self._thought:
            self._in_block = False
            self._emit(self._answer.after_calls())
        else:
            self._write(fragment)

    def _write(self, fragment: Fragment) -> None:
        """The fragment, mark or not, is text of where it stands."""
        text = fragment.mark.value if fragment.mark else clean(fragment.text)
        if self._thought:
            self.reasoning_tokens += 1
            self._emit(ReasoningDelta(self._thought.feed(text)))
        else:
            self._emit(self._answer.feed(text, fragment.row))
            self._quoted_thoughts += fragment.mark is Mark.THINK
            self._quoted_thoughts -= fragment.mark is Mark.END_THINK

    # Thoughts

    def _opens_thought(self) -> bool:
        """A think mark opens a thought before any answer; at the start of one it says the same again."""
        return not (self._thought.begun if self._thought else self._answer.begun)

    def _closes_quote(self) -> bool:
        return self._thought is None and self._quoted_thoughts > 0

    def _open_thought(self) -> None:
        self.reasoning_tokens += 1
        if not self._thought:
            self._answer.restart()
        self._thought = Thought(opened=True)

    def _close_thought(self) -> None:
        """Ends the thought, or drops a mark that ends none."""
        if self._thought:
            self.reasoning_tokens += 1
            self._thought = None
        if self._answer.blank:
            self._answer.restart()

    # Calls

    def _expect_call(self, *held: Fragment) -> None:
        self._probe = CallProbe(self._tools or {}, only_known=self.thinking)
        self._probed = list(held)

    def _look_for_call(self, probe: CallProbe, fragment: Fragment) -> None:
        self._probed.append(fragment)
        if found := probe.feed(clean(fragment.text)):
            self._begin_call(*found)
        elif probe.refuted:
            self._refute()

    def _refute(self) -> None:
        """No call follows: what was held is text."""
        held, self._probe, self._probed = self._probed, None, []
        for fragment in held:
            self._write(fragment)

    def _begin_call(self, name: str, rest: str) -> None:
        self._probe, self._probed, self._thought = None, [], None
        self._emit(self._answer.before_call())
        self._emit(ToolCallStart(self._started, self._new_id(), name))
        self._started += 1
        self._body = CallBody(Parameters((self._tools or {}).get(name)))
        self._take(Fragment(rest))

    def _end_call(self) -> None:
        body, self._body = self._body, None
        assert body
        self.calls += 1
        self._in_block = True
        self._say(body.leftover)
        if self.stopped:
            self._emit(self._answer.finish(after_call=True))
            return
        self._expect_call()
        for fragment in decode(body.rest):
            self._take(fragment)

    def _say(self, text: str) -> None:
        if text:
            self._emit(self._answer.feed(text))

    # Output

    def _emit_arguments(self, text: str) -> None:
        if text:
            self._emit(ToolCallArgs(self._started - 1, text))

    def _emit(self, piece: Piece | None) -> None:
        """Adds a piece, to the last one where both are of one kind."""
        if piece is None or (isinstance(piece, ReasoningDelta) and not piece.text):
            return
        if self._out and (joined := _joined(self._out[-1], piece)):
            self._out[-1] = joined
        else:
            self._out.append(piece)

    def _drain(self) -> list[Piece]:
        out, self._out = self._out, []
        return out


def _joined(last: Piece, piece: Piece) -> Piece | None:
    if isinstance(last, ReasoningDelta) and isinstance(piece, ReasoningDelta):
        return ReasoningDelta(last.text + piece.text)
    if isinstance(last, TextDelta) and isinstance(piece, TextDelta):
        return TextDelta(last.text + piece.text, last.logprobs + piece.logprobs)
    return None
