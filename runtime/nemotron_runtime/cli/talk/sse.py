"""Server-sent events, from bytes to the data of each event. Reads and writes nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

DONE = "[DONE]"

# Line ends are CRLF, LF and CR only: str.splitlines would also cut at U+2028 inside a JSON string.
_LINE_END = re.compile(rb"\r\n|\n|\r(?=[^\n])")


def events(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yields the data of each event up to ``[DONE]``, which ends the stream.

    Comments (lines that begin with a colon) and all fields but ``data`` are skipped; an event that the
    end of the stream cuts is dropped.
    """
    data: list[str] = []
    for line in _lines(chunks):
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" ").decode("utf-8", "replace"))
        elif not line and data:
            text = "\n".join(data)
            if text == DONE:
                return
            yield text
            data.clear()


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = _LINE_END.split(rest + chunk)
        yield from lines
    if rest.endswith(b"\r"):
        yield rest[:-1]
