from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from nemotron_runtime.cli import main, reference
from nemotron_runtime.cli.output import EXIT_CODES
from nemotron_runtime.settings import Settings, flag_of
from support.command import Run

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "vllm", "fastapi", "transformers", "httpx", "sqlalchemy", "uvicorn")


def verbs(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb, with the words that call it."""
    for name, verb in getattr(command, "commands", {}).items():
        yield (*path, name), verb
        yield from verbs(verb, *path, name)


VERBS = dict(verbs(get_command(main)))


def joined(text: str) -> str:
    """Without the boxes and the line breaks of a terminal."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_help_names_and_explains_every_flag(run: Run, path: tuple[str, ...]) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    text = joined(result.stdout)
    assert joined(VERBS[path].help.partition("\n")[0]).replace("`", "") in text
    for parameter in VERBS[path].params:
        assert parameter.help, parameter.name
        for flag in (*parameter.opts, *parameter.secondary_opts):
            assert (flag if flag.startswith("-") else flag.upper()) in text


@pytest.mark.parametrize("path", [("serve",), ("config", "show")], ids=" ".join)
def test_every_setting_is_a_flag(path: tuple[str, ...]) -> None:
    flags = {flag for parameter in VERBS[path].params for flag in parameter.opts}
    assert flags >= {flag_of(name) for name in Settings.model_fields}


def test_help_tells_the_exit_codes(run: Run) -> None:
    for path in ((), ("serve",), ("chat",), ("models",)):
        text = joined(run(*path, "--help").stdout)
        for code, meaning in EXIT_CODES.items():
            assert f"{code.value} {meaning}" in text


@pytest.mark.parametrize(
    "args", [["--help"], ["serve", "--help"], ["version"], ["models"], ["config", "show"]], ids=" ".join
)
def test_nothing_heavy_is_imported_for_it(args: list[str]) -> None:
    code = (
        "import sys\nfrom nemotron_runtime.cli import main\n"
        f"try:\n    main({args!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print('heavy:', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_the_page_of_settings_is_current() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert page == reference.markdown(), "run: nemotron config reference > docs/configuration.md"


def test_an_unknown_verb_or_flag_is_wrong_usage(run: Run) -> None:
    for args in (["sing"], ["serve", "--prot", "1"], ["chat", "hi", "--max-tokens", "0"]):
        assert run(*args).exit_code == 2
