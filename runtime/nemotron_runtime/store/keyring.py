"""All keys: found in memory, changed in the database."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Lock

from sqlalchemy import Connection, delete, insert, select, update

from nemotron_runtime.store import tables
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.keys import (
    Key,
    KeyTerms,
    KeyUsage,
    NewKey,
    digest,
    label_of,
    month_ago,
    new_secret,
)
from nemotron_runtime.store.ledger import Ledger, Spent
from nemotron_runtime.store.money import money_sum


class Keyring:
    """Keys of the settings and of the database.

    Args:
        fixed: Keys of the settings.
        database: None: there are no others.
    """

    def __init__(
        self, fixed: tuple[Key, ...] = (), database: Database | None = None, ledger: Ledger | None = None
    ) -> None:
        self._fixed = {key.hash: key for key in fixed}
        self._database = database
        self._ledger = ledger or Ledger()
        self._by_hash: Mapping[str, Key] = self._fixed
        self._steady = Lock()

    # In memory: these never wait.

    def find(self, secret: str) -> Key | None:
        """The key with this secret, whether or not it still opens anything. Reads memory."""
        digested = digest(secret)
        key = self._by_hash.get(digested)
        return key if key and hmac.compare_digest(key.hash, digested) else None

    def get(self, key_hash: str) -> Key | None:
        """The key with this hash. Reads memory."""
        key = self._by_hash.get(key_hash)
        return key and self._with_last_use(key)

    def all(self) -> list[Key]:
        """Every key, oldest first. Reads memory."""
        keys = sorted(self._by_hash.values(), key=lambda key: (key.created_at, key.hash))
        return [self._with_last_use(key) for key in keys]

    def usage(self, key_hash: str, now: datetime | None = None) -> KeyUsage:
        """What a key has spent, up to the last generation that ended. Reads memory."""
        return self._ledger.usage(key_hash, (now or datetime.now(UTC)).date())

    # In the database: these block.

    def create(self, terms: KeyTerms) -> NewKey:
        """Makes a key. Its secret is never seen again.

        Raises:
            LookupError: there is no database.
        """
        secret = new_secret()
        key = Key(digest(secret), label_of(secret), _storable(terms), created_at=_now())
        with self._needed().writing() as connection:
            connection.execute(insert(tables.keys).values(_row(key)))
        self.refresh()
        return NewKey(key, secret)

    def change(self, key_hash: str, changed: Callable[[KeyTerms], KeyTerms]) -> Key | None:
        """Changes a key's terms and returns it; None: there is no such key in the database.

        Args:
            changed: Gets the terms as they are, for instance ``lambda terms: replace(terms, disabled=True)``.

        Raises:
            LookupError: there is no database.
        """
        with self._needed().writing() as connection:
            keys = _keys(connection, key_hash)
            if not keys:
                return None
            key = replace(keys[0], terms=_storable(changed(keys[0].terms)), updated_at=_now())
            row = _row(key)
            del row["last_used_at"]  # the writer's
            connection.execute(update(tables.keys).where(tables.keys.c.hash == key_hash).values(row))
        self.refresh()
        return key

    def delete(self, key_hash: str) -> bool:
        """Removes a key for good; what it used stays counted. False: there is no such key in the database.

        Raises:
            LookupError: there is no database.
        """
        with self._needed().writing() as connection:
            gone = connection.execute(delete(tables.keys).where(tables.keys.c.hash == key_hash)).rowcount > 0
        self.refresh()
        return gone

    def refresh(self) -> None:
        """Reads all keys and what they have spent; what is in memory stays when it fails."""
        if self._database is None:
            return
        with self._database.reading() as connection:
            self.refresh_from(connection)

    def refresh_from(self, connection: Connection) -> None:
        """Reads the same through a connection that is already open."""
        with self._steady:
            self._by_hash = {**{key.hash: key for key in _keys(connection)}, **self._fixed}
            self._ledger.read(_spent(connection, _now().date()))

    @contextmanager
    def saving(self, amounts: Iterable[tuple[str, date, Decimal]]) -> Iterator[None]:
        """Saves amounts of the ledger in its body; nothing is read meanwhile, so none counts twice."""
        with self._steady:
            yield
            self._ledger.saved(amounts)

    def _with_last_use(self, key: Key) -> Key:
        used_s = self._ledger.last_used_s(key.hash)
        if used_s is None:
            return key
        used = datetime.fromtimestamp(used_s, UTC)
        return replace(key, last_used_at=max(used, key.last_used_at or used))

    def _needed(self) -> Database:
        if self._database is None:
            raise LookupError("without a store there are only the keys of the settings")
        return self._database


def _now() -> datetime:
    return _as_stored(datetime.now(UTC))


def _as_stored(when: datetime) -> datetime:
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def _storable(terms: KeyTerms) -> KeyTerms:
    return replace(terms, expires_at=_as_stored(terms.expires_at)) if terms.expires_at else terms


def _keys(connection: Connection, key_hash: str | None = None) -> list[Key]:
    query = select(tables.keys)
    if key_hash is not None:
        query = query.where(tables.keys.c.hash == key_hash)
    return [_key(dict(row)) for row in connection.execute(query).mappings()]


def _key(row: dict[str, object]) -> Key:
    own = {name: row.pop(name) for name in ("hash", "label", "created_at", "updated_at", "last_used_at")}
    return Key(terms=KeyTerms(**row), **own)  # type: ignore[arg-type]


def _row(key: Key) -> dict[str, object]:
    own = ("hash", "label", "created_at", "updated_at", "last_used_at")
    return {**asdict(key.terms), **{name: getattr(key, name) for name in own}}


def _spent(connection: Connection, today: date) -> dict[str, Spent]:
    """What each key has spent as it is saved: ever, and by day where a period of today may need it."""
    days = tables.days
    amount = money_sum(days.c.prompt_cost_usd), money_sum(days.c.completion_cost_usd)
    spent: dict[str, Spent] = {}
    for key_hash, prompt, completion in connection.execute(
        select(days.c.key_hash, *amount).where(days.c.key_hash != "").group_by(days.c.key_hash)
    ):
        spent[key_hash] = Spent(prompt + completion)
    for key_hash, day, prompt, completion in connection.execute(
        select(days.c.key_hash, days.c.day, *amount)
        .where(days.c.key_hash != "", days.c.day >= month_ago(today))
        .group_by(days.c.key_hash, days.c.day)
    ):
        with suppress(KeyError):
            spent[key_hash].by_day[day] = prompt + completion
    return spent
