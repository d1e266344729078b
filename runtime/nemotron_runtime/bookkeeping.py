"""Opens what the settings say is kept: keys, generations, usage."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings import Settings
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.store.keys import Key, key_of_settings
from nemotron_runtime.store.store import Store, options_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Books:
    """What is kept, and by whom.

    Attributes:
        keys: All keys; without a store those of the settings.
        store: None: nothing is kept.
        trouble: Why not, where something should be.
    """

    keys: Keyring = field(default_factory=Keyring)
    store: Store | None = None
    trouble: str | None = None

    @classmethod
    def closed(cls, settings: Settings) -> Books:
        """Nothing is kept."""
        return cls(Keyring(keys_of(settings)))

    @classmethod
    def open(cls, settings: Settings) -> Books:
        """Opens the store. One that can't be opened keeps nobody out who needs no key that is in it.

        Raises:
            ConfigError: it can't be opened, and nobody could come in without it.
        """
        options = options_of(settings)
        if options is None:
            return cls.closed(settings)
        try:
            store = Store.open(options, keys_of(settings))
        except ConfigError as fault:
            if settings.require_keys and not settings.api_keys:
                raise
            log.error("no store: nothing is kept", reason=fault.message)
            return cls(Keyring(keys_of(settings)), trouble="The store could not be opened at the start.")
        return cls(store.keys, store)

    @property
    def state(self) -> str:
        """``ok``, ``off``, or why nothing is being saved now."""
        if self.store is None:
            return self.trouble or "off"
        return self.store.trouble or "ok"

    def close(self) -> None:
        """Saves what waits."""
        if self.store:
            self.store.close()


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """The keys that stand in the settings."""
    keys = [key_of_settings(key.get_secret_value()) for key in settings.api_keys]
    if settings.management_key:
        keys.append(key_of_settings(settings.management_key.get_secret_value(), management=True))
    return tuple(keys)
