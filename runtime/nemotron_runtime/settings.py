"""Every setting of the server, and where each value came from.

Precedence: flag > environment (``NEMOTRON_*``) > file (TOML, flat) > default. What is then still ``auto``
takes the plan for the machine's cards, see :meth:`Loaded.suited`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings_fields import Auto, Off, Words, setting, words
from nemotron_runtime.settings_layers import (
    Given,
    Origin,
    of_environment,
    of_file,
    of_flags,
)

VARIABLE_PREFIX = "NEMOTRON_"
OTHER_VARIABLES = frozenset({"NEMOTRON_BENCH_KEY", "NEMOTRON_SANE_DUMMY"})
"""With the same prefix, but no settings: the benchmark's key, and the kernels' random weights."""
_PASSWORD = re.compile(r"(^[a-z0-9+]+://[^:/@]*:).*@")
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/\s]+")

_access = partial(setting, group="Address and access")
_model = partial(setting, group="Model and engine")
_limit = partial(setting, group="Limits of a request")
_time = partial(setting, group="Streaming and time")
_store = partial(setting, group="Store")
_log = partial(setting, group="Logs")


class Settings(BaseModel):
    """Checked values. None where the program chooses (``auto``) or nothing limits (``off``)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    host: str = _access("127.0.0.1", "Address to listen on.", min_length=1)
    port: int = _access(8000, "Port to listen on; 0 takes a free one.", ge=0, le=65535)
    api_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(words)] = _access(
        (),
        "Keys that open the API, separated by commas. A flag shows in the process list: prefer the variable.",
        flag="--api-key",
        shown="none",
    )
    require_keys: bool = _access(
        False, "Ask for a key even where api_keys is empty: those made by `nemotron keys` open the API."
    )
    management_key: Off[SecretStr] = _access(
        None,
        "A key that opens /keys, /credits and /activity, and nothing else. "
        "`nemotron keys create --management` makes others. "
        "A flag shows in the process list: prefer the variable.",
        shown="off",
    )
    insecure: bool = _access(False, "Listen on other addresses than this machine's own without any key.")
    cors_origins: Auto[Words] = _access(
        None,
        "Web origins that may call the API. auto: this machine's own without keys, any (*) with keys.",
        flag="--cors",
    )
    allowed_hosts: Auto[Words] = _access(
        None,
        "Host headers to accept, * for any. auto: this machine's own names where it listens to itself only, "
        "else any.",
    )

    model: str = _model(
        "auto",
        "A slug of configs/models, or a folder with weights. "
        "auto: Nemotron 3 Nano on an NVIDIA GPU, the embedded demo elsewhere.",
        min_length=1,
    )
    variant: Auto[Literal["bf16", "fp8", "nvfp4"]] = _model(
        None, "Published weights to serve. auto: the best that fit the cards."
    )
    load_format: Literal["auto", "dummy"] = _model(
        "auto", "dummy: random weights of the right shape, to measure without a download; answers are noise."
    )
    context_tokens: Auto[int] = _model(
        None, "Tokens of prompt and output together. auto: the model's own.", ge=128
    )
    max_sequences: Auto[int] = _model(None, "Sequences that are generated at the same time.", ge=1)
    batched_tokens: Auto[int] = _model(None, "Tokens that one step of the engine takes in.", ge=1)
    dtype: Auto[Literal["bfloat16", "float16", "float32"]] = _model(None, "Number format of the weights.")
    kv_dtype: Auto[Literal["bfloat16", "fp8"]] = _model(None, "Number format of keys and values.")
    ssm_dtype: Auto[Literal["float32", "float16", "bfloat16"]] = _model(
        None, "Number format of the SSM states. auto: as published, float32."
    )
    kv_cache_gib: Auto[float] = _model(None, "Memory for the KV cache and the SSM states, in GiB.", gt=0)
    gpu_memory_utilization: Auto[float] = _model(
        None, "Share of the GPU's memory to use. auto: what suits the card, else 0.92.", gt=0, le=1
    )
    tensor_parallel: Auto[int] = _model(None, "GPUs that share each layer.", ge=1)
    moe_backend: Auto[str] = _model(None, "vLLM's implementation of the expert layers.", min_length=1)
    kernels: Literal["auto", "on", "off"] = _model(
        "auto",
        "Our own expert kernels, on Hopper GPUs. auto: where they were measured to win on this card. "
        "on: in every MoE layer, or no start.",
    )
    enforce_eager: Auto[bool] = _model(None, "Run without compiled graphs: starts faster, generates slower.")
    engine_restarts: int = _model(
        3, "Tries to replace a dead engine in a row before the server gives up.", ge=0
    )
    max_queue: int = _model(256, "Waiting requests; over it the answer is 503 with Retry-After.", ge=0)

    free_requests_per_day: Off[int] = _limit(
        None,
        "Requests of one key to a :free model in a UTC day; 20 a minute with it. Hosted: 50 or 1000.",
        shown="off",
        ge=1,
    )
    max_body_bytes: int = _limit(32 << 20, "Size of a request's body.", ge=1024)
    max_messages: int = _limit(10_000, "Messages.", ge=1)
    max_json_depth: int = _limit(64, "Nesting of the body's JSON.", ge=8)
    max_schema_bytes: int = _limit(256 << 10, "Size of one JSON schema, of a tool or an answer.", ge=64)
    max_tools: int = _limit(256, "Tools.", ge=1)
    max_logit_bias: int = _limit(1024, "Entries of logit_bias.", ge=1)
    max_stop_chars: int = _limit(1024, "Characters of one stop string.", ge=1)

    keepalive_first_s: float = _time(1.0, "Silence before a stream's first comment, in seconds.", gt=0)
    keepalive_interval_s: float = _time(10.0, "Silence between two comments, in seconds.", gt=0)
    request_timeout_s: Off[float] = _time(None, "Longest a request may take, in seconds.", shown="off", gt=0)
    shutdown_grace_s: float = _time(30.0, "Time that running requests get at the end, in seconds.", ge=0)

    store: str = _store(
        "auto",
        "Where keys, generations and usage are kept: a file, postgresql://user:password@host/name, or off. "
        "auto: store.db in the user's data folder.",
        min_length=1,
    )
    store_content: bool = _store(False, "Keep prompts and answers, too, for /generation/content.")
    generations_days: int = _store(90, "Days that single generations are kept; 0: for ever.", ge=0)
    contents_days: int = _store(7, "Days that prompts and answers are kept; 0: for ever.", ge=0)
    minutes_days: int = _store(
        90, "Days that sums by minute are kept; 0: for ever. Sums by day always are.", ge=0
    )

    log_level: Literal["debug", "info", "warning", "error"] = _log("info", "Least severity that is logged.")
    log_format: Literal["auto", "console", "json"] = _log(
        "auto", "auto: console on a terminal, json elsewhere."
    )
    log_content: bool = _log(False, "Log prompts and answers, too.")

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_not_switches(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and info.field_name not in _SWITCHES:
            raise ValueError("true and false have no meaning here")
        return value

    @field_validator("api_keys")
    @classmethod
    def _sendable(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_is_token(key.get_secret_value()) for key in keys):
            raise ValueError("a key may hold visible ASCII characters only, no spaces")
        return keys

    @field_validator("management_key")
    @classmethod
    def _sendable_too(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not (key.get_secret_value() and _is_token(key.get_secret_value())):
            raise ValueError("a key may hold visible ASCII characters only, no spaces")
        return key

    @field_validator("cors_origins")
    @classmethod
    def _web_origins(cls, origins: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for origin in origins or ():
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not *, and not an origin such as https://example.org:8443")
        return origins

    @model_validator(mode="after")
    def _no_open_door(self) -> Settings:
        if not (is_loopback(self.host) or self.asks_for_keys or self.insecure):
            raise ValueError(
                f"host: {self.host} can be reached from other machines and no API key is set. "
                f"Set {variable_of('api_keys')} or {variable_of('require_keys')}, or listen on 127.0.0.1, "
                "or pass --insecure to go without keys"
            )
        return self

    @model_validator(mode="after")
    def _one_use_of_a_key(self) -> Settings:
        if self.management_key in self.api_keys:
            raise ValueError("management_key: it stands in api_keys, too; a key is one or the other")
        return self

    @model_validator(mode="after")
    def _some_key_opens(self) -> Settings:
        if self.require_keys and not self.api_keys and self.store_url is None:
            raise ValueError(
                "require_keys: without a store there are only the keys of the settings, and there are none. "
                f"Set {variable_of('api_keys')}, or leave out --store off"
            )
        return self

    @property
    def store_url(self) -> str | None:
        """A URL or the path of a file; None: nothing is kept."""
        if self.store == "auto":
            return str(platformdirs.user_data_path("nemotron") / "store.db")
        return None if self.store == "off" else self.store

    @property
    def keeps_content(self) -> bool:
        """Whether prompts and answers are stored."""
        return self.store_content and self.store_url is not None

    @property
    def asks_for_keys(self) -> bool:
        """Whether the API needs a key."""
        return bool(self.api_keys) or self.require_keys

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any],
        environ: Mapping[str, str],
        file: Path | None = None,
    ) -> Loaded:
        """Merges the layers and checks the result.

        Args:
            flags: By setting, not by flag; None is "not given".
            environ: All variables; those without the prefix are left alone, empty ones count as not set.
            file: TOML with the settings as top-level keys; must exist.

        Raises:
            ConfigError: names each wrong value and its origin, each unknown name and the nearest known one.
        """
        environ = {name: value for name, value in environ.items() if name not in OTHER_VARIABLES}
        variables = {variable_of(name): name for name in cls.model_fields}
        values = {
            **of_file(file, cls.model_fields),
            **of_environment(environ, VARIABLE_PREFIX, variables),
            **of_flags(flags, {name: flag_of(name) for name in cls.model_fields}),
        }
        try:
            settings = cls.model_validate({name: given.value for name, given in values.items()})
        except ValidationError as fault:
            raise ConfigError(_explain(fault, values)) from fault
        origins = {name: given.origin for name, given in values.items()}
        return Loaded(settings, {name: origins.get(name, Origin("default")) for name in cls.model_fields})


SECRETS = frozenset({"api_keys", "management_key"})
"""Never shown."""

_SWITCHES = frozenset(
    name for name, info in Settings.model_fields.items() if info.annotation in (bool, bool | None)
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and the origin of each of them by name."""

    settings: Settings
    provenance: Mapping[str, Origin]

    def suited(self, machine: str, values: Mapping[str, Any]) -> Loaded:
        """With values that suit a machine in the place of each ``auto`` that they know.

        Args:
            machine: What they suit; becomes their origin.
            values: By setting.
        """
        chosen = {
            name: value
            for name, value in values.items()
            if value is not None and getattr(self.settings, name) is None
        }
        origins = {name: Origin("plan", machine) for name in chosen}
        return Loaded(self.settings.model_copy(update=chosen), {**self.provenance, **origins})

    def shown(self, name: str) -> Any:
        """A setting's value as it may be shown, in JSON types: a secret becomes a count."""
        value = getattr(self.settings, name)
        if name in SECRETS:
            return f"{len(value)} set" if name == "api_keys" and value else "set" if value else "none"
        if value is None:
            return default_text(name)
        if name == "store":
            return _without_password(value)
        return str(value) if isinstance(value, Path) else value


def is_loopback(host: str) -> bool:
    """True where only this machine can reach ``host``; a name other than localhost is not trusted."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def config_file(explicit: Path | None = None) -> Path | None:
    """The given file, else ``config.toml`` in the user's configuration folder if it is there."""
    usual = platformdirs.user_config_path("nemotron") / "config.toml"
    return explicit or (usual if usual.is_file() else None)


def extra(name: str) -> dict[str, str]:
    """``group``, ``flag`` and ``shown`` of a setting."""
    found = Settings.model_fields[name].json_schema_extra
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def default_text(name: str) -> str:
    """A setting's default in words."""
    default = Settings.model_fields[name].default
    if text := extra(name)["shown"]:
        return text
    if default is None:
        return "auto"
    return str(default).lower() if isinstance(default, bool) else str(default)


def flag_of(name: str) -> str:
    """The command-line flag of a setting."""
    return extra(name)["flag"] or f"--{name.replace('_', '-')}"


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return VARIABLE_PREFIX + name.upper()


def _explain(fault: ValidationError, values: Mapping[str, Given]) -> str:
    """One line for each wrong value; the value of a secret is never part of it."""
    lines = []
    for error in fault.errors(include_url=False, include_input=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        reason = error["msg"].removeprefix("Value error, ")
        if name not in values:
            lines.append(reason)
            continue
        given = values[name]
        shown = "" if name in SECRETS | {"store"} else f" {given.value!r}:"
        lines.append(f"{name}:{shown} {reason} (from {given.origin})")
    return "\n".join(dict.fromkeys(lines))


def _without_password(url: str) -> str:
    return _PASSWORD.sub(r"\1***@", url)


def _is_token(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
