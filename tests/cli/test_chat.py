from __future__ import annotations

import json
import re
import signal
import subprocess

import pytest

from nemotron_runtime.cli.talk.options import key_for
from support.command import COMMAND, Run
from support.scripted_chat import MODEL, ScriptedChat

Served = tuple[ScriptedChat, str]

FIGURES = re.compile(r"TTFT \d+\.\d\d s · \d+\.\d tokens/s")


def test_the_answer_alone_goes_to_stdout(run: Run, chat_server: Served) -> None:
    result = run("chat", "hello", "--base-url", chat_server[1])
    assert (result.exit_code, result.stdout) == (0, "Hello world\u2028!\n")
    assert "greet" not in result.stderr
    assert FIGURES.search(result.stderr)
    assert f"{MODEL} · " in result.stderr
    assert "21 tokens in (16 cached), 9 out (5 reasoning)" in result.stderr


def test_reasoning_is_shown_on_demand_and_apart(run: Run, chat_server: Served) -> None:
    result = run("chat", "hello", "--base-url", chat_server[1], "--show-reasoning")
    assert result.stdout == "[reasoning]\nThey greet me.\n[answer]\nHello world\u2028!\n"


def test_calls_are_shown(run: Run, chat_server: Served) -> None:
    result = run("chat", "calls", "--base-url", chat_server[1])
    assert result.stdout == 'call weather {"city": "Bern"}\ncall time {}\n'
    assert "ended by tool_calls" in result.stderr


def test_reasoning_of_other_makes_is_read(run: Run, chat_server: Served) -> None:
    result = run("chat", "vllm", "--base-url", chat_server[1], "--show-reasoning")
    assert result.stdout == "[reasoning]\nhm\n[answer]\nyes\n"
    assert "ended by length" in result.stderr


def test_options_become_fields_of_the_request(run: Run, chat_server: Served) -> None:
    scripted, url = chat_server
    run(
        *("chat", "hello", "--base-url", f"{url}/", "--model", "a/b", "--system", "Be brief."),
        *("--effort", "low", "--max-tokens", "9", "--temperature", "0", "--api-key", "sk-1"),
    )
    run("chat", "hello", "--base-url", url, "--no-thinking")
    first, second = scripted.bodies
    assert first == {
        "model": "a/b",
        "max_tokens": 9,
        "temperature": 0.0,
        "reasoning": {"effort": "low"},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert second["reasoning"] == {"enabled": False}
    assert "model" not in second
    assert scripted.keys == ["Bearer sk-1", None]


@pytest.mark.parametrize("args", [[], ["-"]])
def test_a_piped_prompt_is_read(run: Run, chat_server: Served, args: list[str]) -> None:
    scripted, url = chat_server
    assert run("chat", *args, "--base-url", url, stdin="hello\n").exit_code == 0
    assert scripted.bodies[0]["messages"] == [{"role": "user", "content": "hello\n"}]


def test_json_is_the_whole_response(run: Run, chat_server: Served) -> None:
    scripted, url = chat_server
    result = run("chat", "hello", "--base-url", url, "--json")
    assert json.loads(result.stdout)["choices"][0]["message"]["content"] == "Hello world"
    assert result.stderr == ""
    assert "stream" not in scripted.bodies[0]


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("locked", "error: 401: User not found. (pass the server's key with --api-key)"),
        ("busy", "error: 503: queue is full: try again in 7 s"),
        (
            "lost",
            "error: 404: Not Found (check --base-url (it ends in /api/v1 or /v1 as a rule) and --model)",
        ),
        ("foreign", "error: 422: an error of another make"),
        ("late", "error: 502: The engine gave up."),
        ("middle", "error: 502: The engine gave up."),
        ("cut", "error: the server ended the stream before the answer was done"),
        ("page", "error: the server did not answer with a stream: check --base-url"),
    ],
)
def test_errors_of_the_server_are_told_in_plain_words(
    run: Run, chat_server: Served, prompt: str, message: str
) -> None:
    result = run("chat", prompt, "--base-url", chat_server[1])
    assert result.exit_code == 1
    assert result.stderr.strip() == message
    assert result.stdout in ("", "half\n")


@pytest.mark.parametrize(("prompt", "code"), [("locked", 401), ("inside", 504), ("busy", 503)])
def test_errors_are_documents_with_json(run: Run, chat_server: Served, prompt: str, code: int) -> None:
    result = run("chat", prompt, "--base-url", chat_server[1], "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code
    assert result.stderr.startswith(f"error: {code}: ")


def test_without_a_server_the_code_is_4(run: Run) -> None:
    for args in (["chat", "hello"], ["chat", "hello", "--json"], ["models"]):
        result = run(*args, "--base-url", "http://127.0.0.1:1/v1")
        assert result.exit_code == 4
        assert "no server at http://127.0.0.1:1/v1. Start one: nemotron serve" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["hello", "--effort", "low", "--no-thinking"],
        ["hello", "--effort", "huge"],
        ["hello", "--temperature", "3"],
        ["hello", "--base-url", "127.0.0.1:8000"],
        ["hello", "--base-url", "ftp://127.0.0.1"],
        ["  "],
        [],  # standard input is empty
    ],
)
def test_wrong_usage_sends_nothing(run: Run, chat_server: Served, args: list[str]) -> None:
    scripted, url = chat_server
    assert run("chat", *(["--base-url", url] if "--base-url" not in args else []), *args).exit_code == 2
    assert scripted.bodies == []


def test_ctrl_c_ends_the_generation_and_the_command(chat_server: Served) -> None:
    scripted, url = chat_server
    command = [*COMMAND, "chat", "endless", "--base-url", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(5) == b"more "
        process.send_signal(signal.SIGINT)
        assert b"interrupted" in process.stderr.read()
        assert process.wait() == 130
    assert scripted.left.wait(timeout=30)


class TestKey:
    """A key is sent to the server it belongs to, and to no other."""

    @pytest.fixture(autouse=True)
    def keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENROUTER_API_KEY", "hosted")
        monkeypatch.setenv("NEMOTRON_API_KEYS", " own, second")

    @pytest.mark.parametrize(
        ("url", "key"),
        [
            ("https://openrouter.ai/api/v1", "hosted"),
            ("http://openrouter.ai/api/v1", None),  # not in the clear
            ("https://openrouter.ai.example.org/api/v1", None),
            ("http://127.0.0.1:8000/api/v1", "own"),
            ("http://[::1]:8000/v1", "own"),
            ("http://192.168.1.2:8000/v1", None),
        ],
    )
    def test_by_host(self, url: str, key: str | None) -> None:
        assert key_for(url, None) == key
        assert key_for(url, "given") == "given"

    def test_it_reaches_the_server(self, run: Run, chat_server: Served) -> None:
        scripted, url = chat_server
        run("chat", "hello", "--base-url", url)
        run("models", "--base-url", url)
        assert scripted.keys == ["Bearer own", "Bearer own"]
