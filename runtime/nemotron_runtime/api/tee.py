"""One record, several takers."""

from __future__ import annotations

from nemotron_runtime.chat.record import GenerationRecord, Recorder


class Tee:
    """A recorder that hands each record to others, in order."""

    def __init__(self, *recorders: Recorder) -> None:
        self._recorders = recorders

    def put(self, record: GenerationRecord) -> None:
        """Hands it on."""
        for recorder in self._recorders:
            recorder.put(record)
