"""The start takes a while; the real command says what it is doing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.live import LOG

pytestmark = pytest.mark.engine


@pytest.mark.usefixtures("live")
def test_each_step_of_the_engines_start_is_told_when_it_begins(live_folder: Path) -> None:
    told = re.findall(r"^\[ *([\d.]+) s\] engine: (.+)$", (live_folder / LOG).read_text(), re.MULTILINE)
    assert [re.sub(r"[\d.]+", "_", step) for _, step in told] == [
        "importing vLLM",
        "inspecting the model",
        "starting vLLM's processes, which import it again, load the weights and warm up",
        "done in _ s",
    ]
    seconds = [float(at) for at, _ in told]
    assert seconds == sorted(seconds)
