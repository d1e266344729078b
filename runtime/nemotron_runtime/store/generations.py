"""Single generations and their content, by id."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import select

from nemotron_runtime.chat.record import Content, GenerationRecord
from nemotron_runtime.store import tables
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.rows import content_of, record_of


class Waiting(Protocol):
    """Records that are not saved yet."""

    def waiting(self, generation_id: str) -> GenerationRecord | None:
        """The record with this id, if it still waits. Reads memory."""


class Generations:
    """Looks at what waits first, so a generation is found as soon as it has ended. Its methods block."""

    def __init__(self, database: Database, unsaved: Waiting) -> None:
        self._database = database
        self._unsaved = unsaved

    def find(self, generation_id: str) -> GenerationRecord | None:
        """The record with this id; its content only where it still waits."""
        if record := self._unsaved.waiting(generation_id):
            return record
        columns = [column for column in tables.apps.c if column.name != "id"]
        query = (
            select(tables.generations, *columns)
            .outerjoin(tables.apps, tables.apps.c.id == tables.generations.c.app_id)
            .where(tables.generations.c.id == generation_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return record_of(row) if row else None

    def content(self, generation_id: str) -> Content | None:
        """What was asked and answered; None where it was not stored, or is no longer."""
        if record := self._unsaved.waiting(generation_id):
            return record.content
        query = select(tables.contents).where(tables.contents.c.id == generation_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return content_of(row) if row else None
