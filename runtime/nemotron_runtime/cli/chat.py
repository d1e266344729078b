"""``nemotron chat``."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from nemotron_runtime.cli.output import (
    CommandFault,
    ExitCode,
    complain,
    console,
    error_console,
    faults_as_json,
    print_json,
)
from nemotron_runtime.cli.talk.options import ApiKey, key_for

if TYPE_CHECKING:
    from nemotron_runtime.cli.talk.session import Session

Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]

_WELCOME = "Ctrl-C ends an answer, Ctrl-D the session; /new begins a new conversation."


def chat(
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="What to ask; - reads it from standard input.")
    ] = None,
    base_url: Annotated[
        str,
        typer.Option(
            "--base-url", metavar="URL", help="Base URL of the server.", show_default="this machine's"
        ),
    ] = "http://127.0.0.1:8000/api/v1",
    model: Annotated[
        str | None, typer.Option("--model", metavar="SLUG", help="Model.", show_default="the server's own")
    ] = None,
    api_key: ApiKey = None,
    system: Annotated[str | None, typer.Option("--system", metavar="TEXT", help="System message.")] = None,
    effort: Annotated[
        Effort | None,
        typer.Option(
            "--effort", metavar="CHOICE", help=f"How much to think. One of {', '.join(get_args(Effort))}."
        ),
    ] = None,
    no_thinking: Annotated[bool, typer.Option("--no-thinking", help="Answer without thinking.")] = False,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", metavar="INTEGER", min=1, help="Tokens to generate at most.")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", metavar="NUMBER", min=0, max=2, help="From 0, which is greedy, to 2."),
    ] = None,
    show_reasoning: Annotated[
        bool, typer.Option("--show-reasoning", help="Show the reasoning in full instead of folded.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole response as one JSON document.")
    ] = False,
) -> None:
    """Ask a server that speaks OpenRouter's or OpenAI's chat-completions API.

    With a prompt, or with standard input piped, one answer is streamed; on a terminal a conversation begins.
    The answer goes to standard output, all else to standard error.
    """
    from nemotron_runtime.cli.talk.client import Server
    from nemotron_runtime.cli.talk.session import Session

    options = {
        "model": model,
        "max_tokens": max_tokens,
        "temperature": temperature,
        "reasoning": _reasoning(effort, no_thinking),
    }
    server = Server(base_url, key_for(base_url, api_key))
    given = {name: value for name, value in options.items() if value is not None}
    session = Session(server, _display(show_reasoning), given, system)
    question = _question(prompt)
    if as_json:
        if question is None:
            raise typer.BadParameter("--json needs a prompt")
        with faults_as_json(True):
            print_json(server.complete(session.request(question)))
    elif question is None:
        _converse(session, base_url)
    elif not session.ask(question):
        raise typer.Exit(ExitCode.INTERRUPTED)


def _reasoning(effort: Effort | None, no_thinking: bool) -> dict[str, Any] | None:
    if effort and no_thinking:
        raise typer.BadParameter("--effort and --no-thinking exclude each other")
    return {"enabled": False} if no_thinking else {"effort": effort} if effort else None


def _question(prompt: str | None) -> str | None:
    """The one question, or None where a conversation is wanted."""
    if prompt is None and sys.stdin.isatty():
        if sys.stdout.isatty():
            return None
        raise typer.BadParameter("a prompt is needed where the output is no terminal")
    text = sys.stdin.read() if prompt in (None, "-") else prompt
    if not text or not text.strip():
        raise typer.BadParameter("the prompt is empty")
    return text


def _display(show_reasoning: bool) -> Any:
    from nemotron_runtime.cli.talk.display import Display, LiveDisplay

    out = console()
    kind = LiveDisplay if out.is_terminal and not out.is_dumb_terminal else Display
    return kind(out, error_console(), show_reasoning=show_reasoning)


def _converse(session: Session, base_url: str) -> None:
    with suppress(ImportError):  # not on every system
        import readline  # noqa: F401  (gives input() line editing and history)

    out = console()
    out.print(f"{base_url}  {_WELCOME}", style="dim", markup=False)
    while (line := _read_line()) is not None:
        if line == "/new":
            session.messages.clear()
            out.print("new conversation", style="dim")
        elif line:
            try:
                session.ask(line)
            except CommandFault as fault:
                complain(str(fault))


def _read_line() -> str | None:
    """The next line, empty after Ctrl-C; None at the end."""
    try:
        return input("> ").strip()
    except KeyboardInterrupt:
        print()
        return ""
    except EOFError:
        print()
        return None
