"""How the command speaks: exit codes, faults, consoles."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text


class ExitCode(IntEnum):
    """What the command's exit status means."""

    OK = 0
    SERVER = 1
    USAGE = 2
    SETUP = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.SERVER: "error of the server or the engine",
    ExitCode.USAGE: "wrong usage of the command",
    ExitCode.SETUP: "set-up error: a setting, the hardware, the weights",
    ExitCode.UNREACHABLE: "server not reachable, or connection lost",
    ExitCode.INTERRUPTED: "interrupted",
}

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class CommandFault(Exception):
    """Ends the command with a message.

    Args:
        document: What ``--json`` prints; by default an error object with the message.
    """

    exit_code = ExitCode.SERVER

    def __init__(self, message: str, document: Any = None) -> None:
        super().__init__(message)
        self.document = document or {"error": {"message": message}}


class ServerFault(CommandFault):
    """The server answered with an error, or with something that can't be read."""


class Unreachable(CommandFault):
    """There is no server, or it is gone."""

    exit_code = ExitCode.UNREACHABLE


def console() -> Console:
    """Standard output: colours on a terminal (unless NO_COLOR is set), plain text elsewhere."""
    return Console(highlight=False, soft_wrap=True)


def error_console() -> Console:
    """Standard error, likewise."""
    return Console(highlight=False, soft_wrap=True, stderr=True)


def complain(message: str) -> None:
    """Prints an error."""
    error_console().print(Text.assemble(("error:", "bold red"), " ", clean(message)))


def print_json(document: Any) -> None:
    """Prints one JSON document."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table on a terminal; elsewhere lines of tab-separated cells without a head."""
    out = console()
    if not out.is_terminal:
        sys.stdout.writelines("\t".join(row) + "\n" for row in rows)
        return
    table = Table(Column(columns[0], no_wrap=True), *columns[1:], box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))
    out.print(table)


@contextmanager
def faults_as_json(active: bool) -> Iterator[None]:
    """With ``--json`` a fault is a document on stdout, too."""
    try:
        yield
    except CommandFault as fault:
        if active:
            print_json(fault.document)
        raise


def clean(text: str) -> str:
    """Makes control characters visible, so that foreign text can't steer the terminal."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
