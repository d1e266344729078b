"""One request from the door to its end: whose key opened it, and what is to be given back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from starlette.requests import Request

from nemotron_runtime.errors import Forbidden, Unauthorized
from nemotron_runtime.store.keys import Key

MISSING = "Missing Authentication header"
UNKNOWN = "User not found."
MANAGEMENT_ONLY = "Only management keys can perform this operation"
NO_MANAGEMENT = "Management keys can't be used here; send an ordinary key"


class Visit:
    """A context around a request; at its end all that was lent is given back, whatever ended it.

    Attributes:
        key: A key that opens this server; None: none was needed.
    """

    def __init__(self, key: Key | None = None, *, asked: bool = False, presented: bool = False) -> None:
        self.key = key
        self._asked = asked
        self._presented = presented
        self._lent = ExitStack()

    @property
    def key_hash(self) -> str | None:
        """What the request is accounted to; a management key pays for nothing."""
        return self.key.hash if self.key and not self.key.terms.management else None

    @property
    def sees_all(self) -> bool:
        """May see what is not its own: a management key, and anybody where no keys are asked for."""
        return self.key.terms.management if self.key else not self._asked

    @property
    def known(self) -> bool:
        """Has a key, or needs none."""
        return self.key is not None or not self._asked

    def keep(self, give_back: Callable[[], None]) -> None:
        """Has something given back at the end."""
        self._lent.callback(give_back)

    def need_management(self) -> None:
        """Lets management keys pass, even where no keys are asked for.

        Raises:
            Unauthorized: no key, or none that is known.
            Forbidden: an ordinary key.
        """
        if self.key is None:
            raise Unauthorized(UNKNOWN if self._presented else MISSING)
        if not self.key.terms.management:
            raise Forbidden(MANAGEMENT_ONLY)

    def need_oversight(self) -> None:
        """Lets pass who may see all.

        Raises:
            Forbidden: an ordinary key.
        """
        if not self.sees_all:
            raise Forbidden(MANAGEMENT_ONLY)

    def need_ordinary(self) -> None:
        """Keeps management keys out, where keys are asked for.

        Raises:
            Forbidden: it is one.
        """
        if self._asked and self.key and self.key.terms.management:
            raise Forbidden(NO_MANAGEMENT)

    def __enter__(self) -> Visit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lent.close()


def visit_of(request: Request) -> Visit:
    """The visit that a request belongs to."""
    visit = request.state.visit
    assert isinstance(visit, Visit)
    return visit
