"""The inside of one tool call: XML-like parameters in, one JSON object out, as it is generated.

The model writes::

    <function=NAME>
    <parameter=K>
    V
    </parameter>
    </function>

Values aren't escaped, so a closing tag counts only if what follows it fits; else it belongs to the value:

* ``</parameter>`` needs a parameter, a function's opening or closing tag, a mark of a call, or the end.
* ``</function>``, where the parameter's closing tag is missing, needs a function, such a mark, or the end.
* A line ``<parameter=K2>`` ends a value if K2 is declared and not yet there.
* ``</tool_call>``, where all closing tags are missing, ends the call, but for one that closes a
  ``<tool_call>`` quoted in the value, or has text behind it on its line.

A parameter that comes again, and whatever else stands between parameters, is left over: the caller shows it
after the call. Dropped are white space there, a stray ``</think>``, and a tag that a cut leaves unfinished.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nemotron_runtime.chat.arguments import Argument
from nemotron_runtime.chat.coerce import escape
from nemotron_runtime.chat.headers import FUNCTION, OPEN_PARAMETER, Header, parameter_header
from nemotron_runtime.chat.inband import CALL, END_CALL, END_THINK, MARKS, literal
from nemotron_runtime.chat.prose import SPACE
from nemotron_runtime.chat.schema import Parameters

_END_PARAMETER = "</parameter>"
_END_FUNCTION = "</function>"
_TAGS = (_END_PARAMETER, _END_FUNCTION, FUNCTION, "<parameter")
_FOLLOWS = {_END_PARAMETER: (_END_FUNCTION, FUNCTION, "<parameter="), _END_FUNCTION: (FUNCTION,)}

_SPACE = re.compile(f"[{SPACE}]*")
_TAG_OR_MARK = re.compile(f"[<{MARKS}]")
_VALUE_STOP = re.compile(rf"\n?(?:([<{CALL}{END_CALL}])|\Z)")
_LONGEST_HEADER = 300  # characters
_REST_OF_LINE = re.compile(r"[ \t]{0,64}")


class CallBody:
    """One call, from behind its name to its end.

    Attributes:
        done: The call is complete; :attr:`rest` is what came after it.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._text, self._at = "", 0
        self._final = False
        self._step: Callable[[], bool] = self._between
        self._out: list[str] = []
        self._seen: set[str] = set()
        self._argument: Argument | None = None  # None: a value that is left over
        self._value_begun = self._line_begins = False
        self._quoted_calls = 0
        self._closer = ""
        self._closing_text: list[str] = []
        self._stray: list[str] = []
        self._leftovers: list[str] = []
        self.done = False

    def feed(self, text: str) -> str:
        """Takes text, marks in band; returns the JSON that it adds to the arguments."""
        self._text, self._at = self._text[self._at :] + text, 0
        return self._run()

    def finish(self, *, cut: bool) -> str:
        """The output ended. A call that was ``cut`` keeps its JSON open, else it is complete."""
        if cut and self._step != self._value:
            self._at = len(self._text)  # an unfinished tag
        self._final = True
        out = self._run()
        if not self.done:
            held, self._at = self._text[self._at :], len(self._text)  # a newline at the end of a value
            if cut:
                self._leave_open(held)
            else:
                self._close()
        return out + self._drain()

    @property
    def rest(self) -> str:
        """What came after the call, marks in band."""
        return self._text[self._at :]

    @property
    def leftover(self) -> str:
        """Text between the parameters that belongs to none."""
        self._end_stray()
        return "\n".join(self._leftovers)

    def _run(self) -> str:
        while not self.done and self._step():
            pass
        return self._drain()

    def _drain(self) -> str:
        out, self._out = "".join(self._out), []
        return out

    # Steps: each takes some text and returns whether there may be more to take.

    def _between(self) -> bool:
        stop = _TAG_OR_MARK.search(self._text, self._at)
        end = stop.start() if stop else len(self._text)
        self._stray.append(self._text[self._at : end])
        self._at = end
        if not stop:
            return False
        if stop[0] == "<":
            return self._tag_between()
        if stop[0] in (CALL, END_CALL):
            return self._complete()
        self._at += 1
        if stop[0] != END_THINK:
            self._stray.append(literal(stop[0]))
        return True

    def _tag_between(self) -> bool:
        if self._undecided(self._at):
            return False
        if self._text.startswith(_END_FUNCTION, self._at):
            self._at += len(_END_FUNCTION)
            return self._complete()
        if self._text.startswith(FUNCTION, self._at):
            return self._complete()
        if header := self._header(self._at):
            self._begin_value(header)
        else:
            self._stray.append("<")
            self._at += 1
        return True

    def _value(self) -> bool:
        if not self._value_begun:
            if self._at == len(self._text):
                return False
            self._value_begun = True
            self._line_begins = self._text[self._at] == "\n"
            self._at += self._line_begins
        stop = _VALUE_STOP.search(self._text, self._at)
        assert stop  # the end of the text matches
        self._take(stop.start())
        if not stop[1]:
            return False
        at = stop.start(1)
        if stop[1] == "<":
            return self._tag_in_value(at)
        if stop[1] == CALL:
            self._quoted_calls += 1
            return self._take(at + 1)
        return self._end_call_in_value(at)

    def _tag_in_value(self, at: int) -> bool:
        if self._undecided(at):
            return False
        for closer in _FOLLOWS:
            if self._text.startswith(closer, at):
                return self._begin_closing(closer, at)
        if self._line_begins or at > self._at:
            header = self._header(at)
            if header and header.exact and header.name in self._parameters.names - self._seen:
                self._at = at
                return self._end_value()
        return self._take(at + 1)

    def _end_call_in_value(self, at: int) -> bool:
        blank = _REST_OF_LINE.match(self._text, at + 1)
        behind = self._text[blank.end() : blank.end() + 1] if blank else ""
        if not (behind or self._final or self._quoted_calls):
            return False
        if self._quoted_calls:
            self._quoted_calls -= 1
            return self._take(at + 1)
        if behind and behind not in MARKS + "\r\n":
            return self._take(at + 1)
        self._at = at
        self._end_value()
        return self._complete()

    def _begin_closing(self, closer: str, at: int) -> bool:
        end = at + len(closer)
        self._closer, self._closing_text = closer, [self._text[self._at : end]]
        self._at = end
        self._step = self._closing
        return True

    def _closing(self) -> bool:
        """Behind a closing tag in a value: does what follows fit?"""
        space = _SPACE.match(self._text, self._at)
        look = space.end() if space else self._at
        # The last newline stays: if the tag is text, it may belong to the next closing tag.
        end = look - (look > self._at and self._text[look - 1] == "\n")
        self._closing_text.append(self._text[self._at : end])
        self._at = end
        if not self._final and (look == len(self._text) or self._undecided(look)):
            return False
        if self._fits(look):
            self._end_value()
            return self._complete() if self._closer == _END_FUNCTION else True
        self._push("".join(self._closing_text))
        self._step = self._value
        return True

    # What stands at a place.

    def _fits(self, at: int) -> bool:
        if at == len(self._text) or self._text[at] in (CALL, END_CALL):
            return True
        if self._text.startswith(_FOLLOWS[self._closer], at):
            return True
        return self._closer == _END_PARAMETER and self._header(at) is not None

    def _header(self, at: int) -> Header | None:
        return parameter_header(self._text, at, self._parameters.names)

    def _undecided(self, at: int) -> bool:
        """Whether more text could make a tag of what stands at ``at``."""
        if self._final or len(self._text) - at > _LONGEST_HEADER:
            return False
        rest = self._text[at:]
        partial = any(len(rest) < len(tag) and tag.startswith(rest) for tag in _TAGS)
        return partial or OPEN_PARAMETER.fullmatch(rest) is not None

    # What is done with it.

    def _begin_value(self, header: Header) -> None:
        self._end_stray()
        self._at = header.end
        self._step = self._value
        self._value_begun = self._line_begins = False
        self._quoted_calls = 0
        if header.name in self._seen:
            self._stray.append(f"<parameter={header.name}>\n")
            return
        self._argument = Argument(self._parameters.shape(header.name))
        self._out += [", " if self._seen else "{", f'"{escape(header.name)}": ', self._argument.open()]
        self._seen.add(header.name)

    def _take(self, end: int) -> bool:
        """Text up to ``end`` belongs to the value."""
        self._push(self._text[self._at : end])
        self._at = end
        return True

    def _push(self, text: str) -> None:
        if not text:
            return
        self._line_begins = False
        text = literal(text)
        if self._argument:
            self._out.append(self._argument.push(text))
        else:
            self._stray.append(text)

    def _end_value(self) -> bool:
        if self._argument:
            self._out.append(self._argument.close())
        else:
            self._stray.append(f"\n{_END_PARAMETER}")
            self._end_stray()
        self._argument = None
        self._step = self._between
        return True

    def _close(self) -> None:
        """The model ended its output without the closing tags."""
        if self._step == self._value:
            self._end_value()
        self._complete()

    def _leave_open(self, held: str) -> None:
        self._push(held)
        if self._argument:
            self._out.append(self._argument.cut())
        elif not self._seen:
            self._out.append("{")

    def _end_stray(self) -> None:
        if stray := "".join(self._stray).strip(SPACE):
            self._leftovers.append(stray)
        self._stray = []

    def _complete(self) -> bool:
        self._out.append("}" if self._seen else "{}")
        self.done = True
        return True
