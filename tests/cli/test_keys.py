from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.cli.output import ExitCode
from nemotron_runtime.store.store import Store, StoreOptions
from support.command import Run


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.db")


def made(run: Run, store: str, *args: str) -> dict[str, Any]:
    result = run("keys", "create", *args, "--json", "--store", store)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def listed(run: Run, store: str, *args: str) -> list[dict[str, Any]]:
    return json.loads(run("keys", "list", "--json", "--store", store, *args).stdout)["keys"]


def test_a_key_is_printed_once_and_opens_the_store(run: Run, store: str) -> None:
    result = run("keys", "create", "team", "--store", store)
    secret = result.stdout.strip()
    assert "can't be shown again" in result.stderr
    with Store.open(StoreOptions(store), writing=False) as opened:
        key = opened.keys.find(secret)
    assert key
    assert (key.terms.name, key.terms.management) == ("team", False)
    assert secret not in run("keys", "list", "--json", "--store", store).output


def test_limits_are_kept(run: Run, store: str) -> None:
    limits = ("--usd", "2.50", "--reset", "weekly", "--requests", "60", "--tokens", "1000", "--streams", "2")
    data = made(run, store, "team", "--management", "--expires", "30d", *limits)["data"]
    assert listed(run, store) == [data]
    assert (data["limit_usd"], data["limit_reset"], data["limit_remaining_usd"]) == ("2.50", "weekly", "2.50")
    assert (data["requests_per_minute"], data["tokens_per_minute"], data["concurrent_streams"]) == (
        60,
        1000,
        2,
    )
    assert data["management"]
    left = datetime.fromisoformat(data["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_a_limit_changes_alone(run: Run, store: str) -> None:
    made(run, store, "team", "--usd", "1", "--requests", "5")
    result = run("keys", "limit", "team", "--usd", "off", "--tokens", "9", "--json", "--store", store)
    data = json.loads(result.stdout)["data"]
    assert (data["limit_usd"], data["requests_per_minute"], data["tokens_per_minute"]) == (None, 5, 9)


def test_a_revoked_key_opens_nothing_and_a_deleted_one_is_gone(run: Run, store: str) -> None:
    first, second = made(run, store, "first"), made(run, store, "second")
    assert run("keys", "revoke", "first", "--store", store).stdout.startswith("Disabled first, sk-or-v1-")
    assert run("keys", "revoke", second["data"]["hash"][:8], "--delete", "--store", store).exit_code == 0
    assert listed(run, store) == []
    (left,) = listed(run, store, "--all")
    assert (left["hash"], left["disabled"]) == (first["data"]["hash"], True)


def test_rows_for_a_script(run: Run, store: str) -> None:
    key = made(run, store, "team", "--usd", "5")
    cells = run("keys", "list", "--store", store).stdout.rstrip("\n").split("\t")
    assert cells == ["team", key["data"]["label"], key["data"]["hash"][:8], "open", "0", "5 in all", *"---"]
    assert cells[1] == key["key"][:12] + "..." + key["key"][-3:]


@pytest.mark.parametrize("which", ["nobody", "", "twin", "000"])
def test_a_key_must_be_one(run: Run, store: str, which: str) -> None:
    for _ in range(2):
        made(run, store, "twin")
    result = run("keys", "revoke", which, "--store", store)
    assert result.exit_code == ExitCode.USAGE
    assert "nemotron keys list" in result.stderr
    assert len(listed(run, store)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ("--usd", "-1"),
        ("--usd", "nan"),
        ("--usd", "much"),
        ("--requests", "0"),
        ("--tokens", "1.5"),
        ("--streams", "²"),
        ("--expires", "2020-01-01"),
        ("--expires", "soon"),
        ("--reset", "hourly"),
    ],
    ids=" ".join,
)
def test_wrong_limits_make_no_key(run: Run, store: str, wrong: tuple[str, str]) -> None:
    result = run("keys", "create", "team", *wrong, "--store", store)
    assert result.exit_code == ExitCode.USAGE
    assert wrong[0] in result.stderr
    assert listed(run, store) == []


def test_a_change_names_what_changes(run: Run, store: str) -> None:
    made(run, store, "team")
    assert run("keys", "limit", "team", "--store", store).exit_code == ExitCode.USAGE


def test_without_a_store_there_is_nothing_to_ask(run: Run) -> None:
    for verb in (("keys", "list"), ("keys", "create", "x"), ("activity",)):
        result = run(*verb, "--store", "off")
        assert result.exit_code == ExitCode.SETUP
        assert "--store" in result.stderr


def test_the_settings_name_the_store(run: Run, store: str, tmp_path: Path) -> None:
    made(run, store, "team")
    assert "team" in run("keys", "list", NEMOTRON_STORE=store).stdout
    file = tmp_path / "settings.toml"
    file.write_text(f'store = "{store}"\n')
    assert "team" in run("keys", "list", "--config", str(file)).stdout
    assert "team" not in run("keys", "list", XDG_DATA_HOME=str(tmp_path / "empty")).stdout


def test_a_password_is_never_shown(run: Run) -> None:
    url = "postgresql://user:hidden@127.0.0.1:1/name"
    for verb in (("keys", "list"), ("config", "show")):
        result = run(*verb, "--store", url)
        assert "hidden" not in result.output
        assert "user" in result.output


def test_an_amount_keeps_every_digit(run: Run, store: str) -> None:
    tiny = "0.000000000000000000000000000001"
    assert made(run, store, "team", "--usd", tiny)["data"]["limit_usd"] == tiny
    with Store.open(StoreOptions(store), writing=False) as opened:
        assert opened.keys.all()[0].terms.limit_usd == Decimal(tiny)
