"""A PostgreSQL server of the tests: Debian's, in a folder of its own, on a free port."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from nemotron_runtime.background.ports import free

MISSING = "no PostgreSQL here: apt-get install postgresql"


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``; None: there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name)
    )


@dataclass
class Postgres:
    """A server that runs. ``url`` is of its maintenance database."""

    url: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_database(self) -> str:
        """The URL of an empty schema, which is quicker made than a database and as empty."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}?options=-csearch_path%3D{name}"


@contextmanager
def postgres(bin_dir: Path) -> Iterator[Postgres]:
    """Runs a server. It refuses to be root, so root lends it another user."""
    folder = Path(tempfile.mkdtemp(prefix="nemotron-postgres-"))
    as_user = _lend(folder)
    port = free("127.0.0.1")
    try:
        subprocess.run(
            [*as_user, bin_dir / "initdb", "-D", folder / "data", "-U", "nemotron", "-A", "trust",
             "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        options = {"listen_addresses": "127.0.0.1", "fsync": "off", "shared_buffers": "16MB"}
        log = (folder / "log").open("wb")
        server = subprocess.Popen(
            [*as_user, bin_dir / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder,
             *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))],
            stdout=subprocess.DEVNULL, stderr=log, cwd="/",
        )  # fmt: skip
        try:
            url = f"postgresql://nemotron@127.0.0.1:{port}/postgres"
            _wait(url, server)
            yield Postgres(url)
        finally:
            log.close()
            server.terminate()  # a "smart" stop waits for clients: all are gone by now
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lend(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    raise RuntimeError("no user to run PostgreSQL as")


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL ended at once"
            assert time.monotonic() < deadline, "PostgreSQL doesn't answer"
            time.sleep(0.05)
        else:
            return
