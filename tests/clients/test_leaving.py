"""A client that leaves by its own means stops the engine."""

from __future__ import annotations

import pytest

from support.clients.base import Client


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_client_that_leaves_stops_the_generation(client: Client, stage, stream):
    engine, records = stage.running.engine, stage.running.records.all
    begun, aborted = len(engine.requests), len(engine.aborted)
    seen = client.leave("hangs", stream=stream)
    assert "Half an".startswith(seen.text)
    assert bool(seen.text) is stream
    stage.running.wait(lambda: len(engine.aborted) == aborted + 1)
    assert engine.aborted[-1] == engine.requests[begun].request_id
    stage.running.wait(lambda: records[-1].id == engine.aborted[-1])
    assert records[-1].outcome == "cancelled"
