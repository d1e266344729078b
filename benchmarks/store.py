"""What the store holds: rows a second that its writer saves, and what handing one over costs the caller.

Both are taken apart: all records are put while the writer rests, which gives the caller's time, and the
writer's time is from its start to the last commit. Each round begins with an empty database.

    python -P benchmarks/store.py [--postgres URL] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from nemotron_bench import environment
from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.chat.record import App, Caller, Content, Cost, GenerationRecord
from nemotron_runtime.store import tables
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.store import Store, StoreOptions

ROUNDS = 5
ROWS = 10_000
TEXT = "All happy families are alike; each unhappy family is unhappy in its own way. " * 50


def records(content: bool) -> list[GenerationRecord]:
    """Generations of three keys and two apps, ten a second."""
    apps = App("https://a.example", "A", "https://a.example", ("cli-agent",)), App("https://b.example", "B")
    began_s = int(time.time()) - ROWS // 10
    said = Content(json.dumps([{"role": "user", "content": TEXT}]), TEXT, TEXT) if content else None
    return [
        GenerationRecord(
            id=f"gen-{began_s}-{number:020d}",
            created_s=began_s + number // 10,
            model="nvidia/nemotron-3-nano-30b-a3b",
            requested_model="nvidia/nemotron-3-nano-30b-a3b",
            streamed=True,
            outcome="finished",
            usage=Usage(1000, 500, 300, 900),
            timings=Timings(0.1, 4.2),
            finish_reason="stop",
            native_finish_reason="stop",
            cost=Cost(Decimal("0.00005"), Decimal("0.0001")),
            caller=Caller(f"{number % 3:064x}", apps[number % 2], user_agent="bench/1", user="user"),
            content=said,
        )
        for number in range(ROWS)
    ]


def once(url: str, made: list[GenerationRecord]) -> tuple[float, float]:
    """Microseconds that putting one takes, and rows a second that are saved."""
    options = StoreOptions(url, store_content=True, detail_capacity=len(made))
    store = Store.open(options, writing=False)
    put = store.recorder.put
    began = time.perf_counter()
    for record in made:
        put(record)
    handed = time.perf_counter()
    store.recorder.start()
    store.close()
    done = time.perf_counter()
    if store.recorder.dropped or store.trouble:
        raise SystemExit(f"{store.recorder.dropped} rows were dropped; {store.trouble or 'no trouble'}")
    return (handed - began) / len(made) * 1e6, len(made) / (done - handed)


def empty(url: str) -> None:
    """Removes all rows."""
    database = Database.open(url)
    with database.writing() as connection:
        for table in tables.metadata.sorted_tables:
            if table is not tables.schema_version:
                connection.execute(delete(table))
    database.close()


def measure(name: str, url: str, content: bool) -> dict[str, Any]:
    """One row: medians, with the least and the most of all rounds."""
    made = records(content)
    rounds = []
    once(url, made)  # the first makes the tables and fills the caches
    for _ in range(ROUNDS):
        empty(url)
        rounds.append(once(url, made))
    put_us, rows_per_s = ([*column] for column in zip(*rounds, strict=True))
    row = {
        "case": f"{name}, with content" if content else name,
        "content_bytes": len(TEXT) * 3 if content else 0,
        "put_us": round(statistics.median(put_us), 2),
        "put_us_range": [round(min(put_us), 2), round(max(put_us), 2)],
        "rows_per_s": round(statistics.median(rows_per_s)),
        "rows_per_s_range": [round(min(rows_per_s)), round(max(rows_per_s))],
    }
    print(f"{row['case']:25s} put {row['put_us']:6.2f} us  {row['rows_per_s']:7d} rows/s", flush=True)
    return row


def main() -> None:
    """Measures all rows, prints them, writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--postgres", metavar="URL", help="measure this empty database, too")
    parser.add_argument("--out", type=Path, help="write the result as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": str(Path(folder) / "store.db")}
        if options.postgres:
            urls["postgresql"] = options.postgres
        rows = [measure(name, url, content) for name, url in urls.items() for content in (False, True)]
    result = {
        "what": "rows a second that the store's writer saves, and microseconds that a put takes; medians",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "rounds": ROUNDS,
        "rows_a_round": ROWS,
        "environment": environment.facts(),
        "versions": {"sqlite": sqlite3.sqlite_version, "sqlalchemy": version("sqlalchemy")},
        "rows": rows,
    }
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
