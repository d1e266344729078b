"""Server-sent events from bytes that are cut anywhere."""

from __future__ import annotations

from collections.abc import Iterator

MAX_LINE_BYTES = 16 << 20


class EndlessLine(ValueError):
    """A line longer than any event has a use for."""


class EventReader:
    """Reads the data of events; comments and other fields are no data.

    Lines end in LF, CRLF or CR. An event without data is none.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._after_cr = False
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of all events that end in this piece.

        Raises:
            EndlessLine: a line passes ``MAX_LINE_BYTES``.
        """
        if self._after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_cr = False
        if piece:
            self._after_cr = piece.endswith(b"\r")
        lines = (self._rest + piece).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE_BYTES:
            raise EndlessLine(f"a line of more than {MAX_LINE_BYTES >> 20} MiB")
        for line in lines:
            if line:
                self._field(line)
            elif self._data:
                data, self._data = self._data, []
                yield data[0] if len(data) == 1 else b"\n".join(data)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
