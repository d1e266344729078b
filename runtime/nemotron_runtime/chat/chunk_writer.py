"""Chunks as bytes, as they go over the wire.

Nearly all chunks of a stream differ in their text only. What stands around it is made once for a stream, from
a chunk that :mod:`nemotron_runtime.chat.encode` made, and cut where the text belongs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from nemotron_runtime.chat.encode import Envelope, chunks, error_chunk
from nemotron_runtime.chat.events import ChatEvent, ReasoningDelta, TextDelta
from nemotron_runtime.errors import RuntimeFault

DONE = b"data: [DONE]\n\n"
_SEAM = "\ue000 the text \ue000"


def data(body: Any) -> bytes:
    """One ``data:`` event."""
    return b"data: " + orjson.dumps(body) + b"\n\n"


class ChunkWriter:
    """Writes the chunks of one stream.

    Args:
        envelope: What all its chunks have in common.

    Attributes:
        started: Something of the answer has been written.
    """

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._text = _cut(envelope, TextDelta(_SEAM))
        self._reasoning = _cut(envelope, ReasoningDelta(_SEAM))
        self.started = False

    def write(self, events: Iterable[ChatEvent]) -> bytes:
        """The bytes of some events, in order; none where nothing of them is shown."""
        return b"".join(map(self._write, events))

    def opening(self, echo: Any) -> bytes:
        """The chunk that goes before all others, for a client that asked to see the request as it was run."""
        chunk: dict[str, Any] = {**self._envelope.chunk([]), "debug": {"echo_upstream_body": echo}}
        return data(chunk)

    def fault(self, fault: RuntimeFault, requested_model: str) -> bytes:
        """The last chunk of a stream that failed; nothing follows it, not even DONE."""
        return data(error_chunk(fault, self._envelope, started=self.started, requested_model=requested_model))

    def _write(self, event: ChatEvent) -> bytes:
        if isinstance(event, TextDelta) and not event.logprobs:
            self.started = True
            return orjson.dumps(event.text).join(self._text)
        if isinstance(event, ReasoningDelta):
            self.started = self.started or bool(self._reasoning)
            return orjson.dumps(event.text).join(self._reasoning)
        written = b"".join(map(data, chunks(event, self._envelope)))
        self.started = self.started or bool(written)
        return written


def _cut(envelope: Envelope, event: ChatEvent) -> list[bytes]:
    """What stands around the text of such an event; nothing where it isn't shown."""
    made = chunks(event, envelope)
    return data(made[0]).split(orjson.dumps(_SEAM)) if made else []
