"""Saves records from a thread of its own, so that no request ever waits for the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Lock, Thread

import structlog
from sqlalchemy.exc import DataError, IntegrityError

from nemotron_runtime.chat.record import GenerationRecord
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.store.ledger import Ledger
from nemotron_runtime.store.retention import Retention, prune
from nemotron_runtime.store.save import save
from nemotron_runtime.store.tally import Tally

log = structlog.get_logger()

PAUSE_S = 0.2
"""Between two saves: what a crash may lose."""
REFRESH_S = 2.0
"""Between two readings of the keys, which other processes may have changed."""
PRUNE_S = 60.0
RETRY_S = 1.0
CLOSE_S = 20.0

Batch = dict[str, GenerationRecord]


class Writer:
    """A recorder that never waits and never raises: records queue up, and one thread saves them.

    Where more wait than the queue holds, the oldest one's row is given up; sums stay right even then.

    Args:
        capacity: Records that may wait.
        keep_content: Keep what was asked and answered, where a record has it.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        keys: Keyring,
        retention: Retention,
        *,
        capacity: int,
        keep_content: bool,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._keys = keys
        self._retention = retention
        self._capacity = capacity
        self._keep_content = keep_content
        self._lock = Lock()
        self._queue: Batch = {}
        self._saving: Batch = {}
        self._tally = Tally()
        self._dropped = 0
        self._trouble: str | None = None
        self._wake = Event()
        self._closing = Event()
        self._thread = Thread(target=self._run, name="store", daemon=True)

    @property
    def dropped(self) -> int:
        """Rows that were given up since the start; their sums weren't."""
        return self._dropped

    @property
    def queued(self) -> int:
        """Records that wait to be saved."""
        with self._lock:
            return len(self._queue) + len(self._saving)

    @property
    def trouble(self) -> str | None:
        """Why nothing is being saved now; None: all is well."""
        return self._trouble

    def put(self, record: GenerationRecord) -> None:
        """Keeps one record."""
        try:
            self._put(record)
        except Exception as error:
            log.error("record lost", id=record.id, exc_info=error)

    def waiting(self, generation_id: str) -> GenerationRecord | None:
        """The record with this id, if it is not saved yet."""
        with self._lock:
            return self._queue.get(generation_id) or self._saving.get(generation_id)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def close(self) -> None:
        """Saves what waits and ends the thread. Safe to call twice, and without a start."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    def _put(self, record: GenerationRecord) -> None:
        if record.content and not self._keep_content:
            record = replace(record, content=None)
        with self._lock:
            self._tally.add(record)
            self._queue[record.id] = record
            self._drop_oldest()
        if record.caller.key_hash:
            self._ledger.add(record.caller.key_hash, record.created_s, record.cost.total)
        if not self._wake.is_set():
            self._wake.set()

    def _drop_oldest(self) -> None:
        while len(self._queue) > self._capacity:
            del self._queue[next(iter(self._queue))]
            self._dropped += 1

    def _run(self) -> None:
        refreshed = pruned = time.monotonic()
        while not self._closing.is_set():
            if self._wake.wait(REFRESH_S):
                self._closing.wait(PAUSE_S)
            if not self._attempt(self._save_queue):
                self._closing.wait(RETRY_S)
                continue
            now = time.monotonic()
            if now - refreshed >= REFRESH_S and self._attempt(self._keys.refresh):
                refreshed = now
            if now - pruned >= PRUNE_S and self._attempt(self._prune):
                pruned = now
        self._attempt(self._save_queue)

    def _attempt(self, work: Callable[[], None]) -> bool:
        """Does something with the database. What goes wrong is told once, until it goes well again."""
        try:
            work()
        except Exception as error:
            if self._trouble is None:
                log.error("the store can't be used; requests go on", exc_info=error)
            self._trouble = "The store can't be used at the moment."
            return False
        if self._trouble is not None:
            log.info("the store works again", dropped=self._dropped)
        self._trouble = None
        return True

    def _save_queue(self) -> None:
        self._wake.clear()
        while self._queue or self._tally:
            self._save_batch()

    def _save_batch(self) -> None:
        """Rows and sums of all that waits in one transaction, so that a crash can't part them."""
        with self._lock:
            self._saving, self._queue = self._queue, {}
            tally, self._tally = self._tally, Tally()
        batch = self._saving
        try:
            self._save(batch, tally)
        except BaseException:
            with self._lock:
                self._queue = {**batch, **self._queue}
                self._saving = {}
                self._drop_oldest()
                self._tally.merge(tally)
            raise
        self._saving = {}

    def _save(self, batch: Batch, tally: Tally) -> None:
        try:
            with self._keys.saving(tally.spent()), self._database.writing() as connection:
                save(connection, batch.values(), tally)
        except (DataError, IntegrityError, UnicodeError) as error:
            log.error("rows that the store doesn't take", rows=len(batch), exc_info=error)
            with self._keys.saving(tally.spent()), self._database.writing() as connection:
                save(connection, (), tally)
            self._dropped += len(batch)

    def _prune(self) -> None:
        more = True
        while more and not self._closing.is_set():
            with self._database.writing() as connection:
                more = prune(connection, self._retention, time.time())
            self._save_queue()
