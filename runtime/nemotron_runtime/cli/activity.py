"""``nemotron activity``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemotron_runtime.cli.open_store import AsJson, Config, StoreUrl, open_store, the_key
from nemotron_runtime.cli.output import clean, console, print_json, print_rows
from nemotron_runtime.cli.sparkline import sparkline

if TYPE_CHECKING:
    from nemotron_runtime.store.figures import ActivityDay

_COLUMNS = ("day", "model", "requests", "errors", "prompt", "reasoning", "completion", "cached", "usd")


def activity(
    days: Annotated[int, typer.Option("--days", help="UTC days, today's included.", min=1, max=3660)] = 30,
    model: Annotated[
        str | None, typer.Option("--model", metavar="SLUG", help="Of this model only, in all its variants.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KEY", help="Of this key only: name, label, or how its hash begins."),
    ] = None,
    by_key: Annotated[bool, typer.Option("--by-key", help="A row for each key.")] = False,
    store: StoreUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show what was used, by UTC day and model: requests, tokens, US dollars."""
    today = datetime.now(UTC).date()
    since = today - timedelta(days=days - 1)
    with open_store(config, store) as opened:
        names = {known.hash: known.terms.name for known in opened.keys.all()}
        key_hash = the_key(opened, key).hash if key else None
        rows = opened.activity.by_day(since, today, key_hash=key_hash, model=model, by_key=by_key)
    if as_json:
        print_json({"activity": [_document(row) for row in rows]})
        return
    if console().is_terminal:
        _summary(rows, since, today)
    if rows:
        print_rows((*_COLUMNS, *(["key"] if by_key else [])), [_cells(row, names) for row in rows])


def _summary(rows: list[ActivityDay], since: date, today: date) -> None:
    if not rows:
        console().print(f"Nothing was used from {since} to {today}.", markup=False)
        return
    every = [since + timedelta(days=after) for after in range((today - since).days + 1)]
    for name in ("requests", "prompt_tokens", "completion_tokens"):
        sums = dict.fromkeys(every, 0)
        for row in rows:
            sums[row.day] += getattr(row.counts, name)
        console().print(f"{name:<18}{sparkline([*sums.values()])}  {sum(sums.values()):,}", markup=False)
    console().print()


def _cells(row: ActivityDay, names: dict[str, str]) -> list[str]:
    counts = row.counts
    cells = [
        str(row.day),
        clean(row.model),
        str(counts.requests),
        str(counts.failures),
        str(counts.prompt_tokens),
        str(counts.reasoning_tokens),
        str(counts.completion_tokens),
        str(counts.cached_tokens),
        f"{counts.cost_usd.normalize():f}",
    ]
    if row.key_hash is None:
        return cells
    return [*cells, clean(names.get(row.key_hash, row.key_hash[:8])) or "-"]


def _document(row: ActivityDay) -> dict[str, Any]:
    counts = row.counts
    return {
        "date": str(row.day),
        "model": row.model,
        **({} if row.key_hash is None else {"key_hash": row.key_hash or None}),
        "requests": counts.requests,
        "errors": counts.failures,
        "cancelled": counts.cancelled,
        "prompt_tokens": counts.prompt_tokens,
        "completion_tokens": counts.completion_tokens,
        "reasoning_tokens": counts.reasoning_tokens,
        "cached_tokens": counts.cached_tokens,
        "usage_usd": f"{counts.cost_usd:f}",
    }
