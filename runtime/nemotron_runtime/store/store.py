"""The store as a whole: opened once, closed at the end."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

from nemotron_runtime.settings import Settings
from nemotron_runtime.store.activity import Activity
from nemotron_runtime.store.apps import AppBoard
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.generations import Generations
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.store.keys import Key
from nemotron_runtime.store.ledger import Ledger
from nemotron_runtime.store.migrations import migrate
from nemotron_runtime.store.retention import USUAL, Retention
from nemotron_runtime.store.traffic import Traffic
from nemotron_runtime.store.uptime import Uptime
from nemotron_runtime.store.writer import Writer


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store is kept.

    Attributes:
        url: ``sqlite:////absolute/path``, a file's path, or ``postgresql://user:password@host/database``.
        store_content: Keep :attr:`GenerationRecord.content`; else it is dropped.
        detail_capacity: Records that may wait for the writer; over it the oldest one's row is dropped.
    """

    url: str
    store_content: bool = False
    retention: Retention = USUAL
    detail_capacity: int = 20_000


def options_of(settings: Settings) -> StoreOptions | None:
    """How the settings want it kept; None: not at all."""
    if settings.store_url is None:
        return None
    return StoreOptions(
        url=settings.store_url,
        store_content=settings.store_content,
        retention=Retention(
            generations_days=settings.generations_days or None,
            contents_days=settings.contents_days or None,
            minutes_days=settings.minutes_days or None,
        ),
    )


class Store:
    """Keys, generations and figures. Open it with :meth:`open`; use it as a context, or :meth:`close` it.

    Attributes:
        recorder: Takes records; a :class:`~nemotron_runtime.chat.record.Recorder`.
        keys: Who may come in, and what they have spent.
        generations: Single generations, and their content.
        activity: Sums by day.
        apps: The apps' board.
        traffic: Series, percentiles, totals.
        uptime: How much of the time this server answered.
    """

    def __init__(self, database: Database, options: StoreOptions, fixed: tuple[Key, ...] = ()) -> None:
        ledger = Ledger()
        self._database = database
        self.keys = Keyring(fixed, database, ledger)
        self.recorder = Writer(
            database,
            ledger,
            self.keys,
            options.retention,
            capacity=options.detail_capacity,
            keep_content=options.store_content,
        )
        self.generations = Generations(database, self.recorder)
        self.activity = Activity(database)
        self.apps = AppBoard(database)
        self.traffic = Traffic(database)
        self.uptime = Uptime(database)
        self.options = options

    @classmethod
    def open(cls, options: StoreOptions, fixed: tuple[Key, ...] = (), *, writing: bool = True) -> Store:
        """Opens or makes the database, brings it up to date, reads the keys and starts the writer.

        Args:
            fixed: Keys of the settings, see :func:`~nemotron_runtime.store.keys.key_of_settings`.
            writing: Start the writer; a command that only asks needs none.

        Raises:
            ConfigError: it can't be opened, or a newer version of this program has made it; says what to do.
        """
        database = Database.open(options.url)
        try:
            with database.writing() as connection:
                migrate(connection)
            store = cls(database, options, fixed)
            store.keys.refresh()
        except BaseException:
            database.close()
            raise
        if writing:
            store.recorder.start()
        return store

    @property
    def trouble(self) -> str | None:
        """Why nothing is being saved now, as clients may read it; None: all is well. Reads memory."""
        return self.recorder.trouble

    def close(self) -> None:
        """Saves what waits, then closes. Safe to call twice."""
        self.recorder.close()
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
