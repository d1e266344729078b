"""The conversation on a real (pseudo-)terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.command import COMMAND
from support.scripted_chat import ScriptedChat

Served = tuple[ScriptedChat, str]

_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Terminal:
    """A ``nemotron chat`` and what its terminal has shown."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._bytes = b""
        self._master = master
        self._seen = 0

    @property
    def raw(self) -> str:
        return self._bytes.decode("utf-8", "replace")

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def expect(self, pattern: str) -> re.Match[str]:
        """Waits for text after what was expected last."""
        deadline = time.monotonic() + 60
        while True:
            text = _SEQUENCES.sub("", self.raw)
            if found := re.compile(pattern).search(text, self._seen):
                self._seen = found.end()
                return found
            assert time.monotonic() < deadline, f"no {pattern!r} in {text[self._seen :]!r}"
            self._read()

    def interrupt_until(self, pattern: str) -> None:
        """Ctrl-C, again after silence: readline misses one that falls just before it waits for a key."""
        while not re.compile(pattern).search(_SEQUENCES.sub("", self.raw), self._seen):
            if not select.select([self._master], [], [], 0)[0]:
                self.process.send_signal(signal.SIGINT)
            while self._read(patience_s=3.0):
                pass
        self.expect(pattern)

    def end(self) -> int:
        """Reads to the end; returns the exit code."""
        while self._read(patience_s=60):
            pass
        return self.process.wait(timeout=30)

    def _read(self, patience_s: float = 1.0) -> bool:
        """Takes in what comes; False where nothing came."""
        if not select.select([self._master], [], [], patience_s)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self._bytes += data
        return bool(data)


@contextmanager
def terminal(*args: str, **environ: str) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    command = [*COMMAND, "chat", *args]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environ}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


def test_a_conversation_keeps_its_history_and_folds_reasoning(chat_server: Served) -> None:
    scripted, url = chat_server
    with terminal("--base-url", url, "--system", "Be brief.") as term:
        term.expect("> ")
        term.type("hello\n")
        term.expect(r"thought for \d+\.\d s, about 2 tokens")
        term.expect("Hello world")
        term.expect(r"TTFT \d")
        term.expect("> ")
        term.type("again\n")
        term.expect("Hello world")
        term.expect("> ")
        term.type("/new\n")
        term.expect("new conversation")
        term.expect("> ")
        term.type("hello\n")
        term.expect("Hello world")
        term.expect("> ")
        term.type("\x04")
        assert term.end() == 0
        assert "They greet" not in term.raw
    lengths = [len(body["messages"]) for body in scripted.bodies]
    assert lengths == [2, 4, 2]
    assert scripted.bodies[1]["messages"][2] == {
        "role": "assistant",
        "content": "Hello world\u2028!",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "They greet me.", "format": "unknown", "index": 0}
        ],
    }


def test_ctrl_c_ends_the_answer_and_keeps_the_session(chat_server: Served) -> None:
    scripted, url = chat_server
    with terminal("--base-url", url) as term:
        term.expect("> ")
        term.type("endless\n")
        term.expect("more more")
        term.process.send_signal(signal.SIGINT)
        term.expect("interrupted")
        assert scripted.left.wait(timeout=30)
        term.expect("> ")
        term.type("hello\n")
        term.expect("Hello world")
        term.expect("> ")
        term.interrupt_until("> ")  # at the prompt it only clears the line
        term.type("\x04")
        assert term.end() == 0
    kept = scripted.bodies[1]["messages"]
    assert [message["role"] for message in kept] == ["user", "assistant", "user"]
    assert kept[1]["content"].startswith("more more")


def test_an_error_is_told_and_the_turn_forgotten(chat_server: Served) -> None:
    scripted, url = chat_server
    with terminal("--base-url", url) as term:
        term.expect("> ")
        term.type("busy\n")
        term.expect("error: 503: queue is full")
        term.expect("> ")
        term.type("hello\n")
        term.expect("Hello world")
        term.expect("> ")
        term.type("\x04")
        assert term.end() == 0
    assert len(scripted.bodies[1]["messages"]) == 1


def test_the_server_can_not_steer_the_terminal(chat_server: Served) -> None:
    with terminal("escape", "--base-url", chat_server[1]) as term:
        assert term.end() == 0
        assert "\x1b]0;" not in term.raw
        assert "a\ufffd]0;owned\ufffdb" in term.raw


@pytest.mark.parametrize(("environ", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_respected(chat_server: Served, environ: dict[str, str], colour: bool) -> None:
    with terminal("busy", "--base-url", chat_server[1], **environ) as term:
        assert term.end() == 1
        assert ("\x1b[1;31m" in term.raw) is colour


def test_reasoning_can_be_shown_in_full(chat_server: Served) -> None:
    with terminal("hello", "--base-url", chat_server[1], "--show-reasoning") as term:
        term.expect("They greet me.")
        term.expect("thought for")
        term.expect("Hello world")
        assert term.end() == 0
