from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.cli.reference import toml_value
from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings import Settings, config_file, flag_of, is_loopback, variable_of

SECRET = "sk-very-secret"

# One pool of checked values for each kind of setting.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "port": st.integers(0, 65535),
    "insecure": st.booleans(),
    "enforce_eager": st.booleans(),
    "context_tokens": st.integers(128, 1 << 20),
    "gpu_memory_utilization": st.floats(0.01, 1),
    "cors_origins": st.lists(st.sampled_from(["https://a.example", "http://b.example:81"]), min_size=1),
    "model": st.from_regex(r"[a-z]+/[a-z0-9-]+", fullmatch=True),
    "request_timeout_s": st.floats(0.1, 1e6),
}
SOME = st.fixed_dictionaries({}, optional=VALUES)


def load(
    flags: dict[str, Any] | None = None,
    environ: dict[str, str] | None = None,
    file: Path | None = None,
) -> Any:
    return Settings.load(flags or {}, environ or {}, file)


def as_text(value: Any) -> str:
    """As a flag or a variable has it."""
    return ",".join(value) if isinstance(value, list) else str(value).lower()


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


class TestPrecedence:
    @given(flags=SOME, environ=SOME, in_file=SOME)
    def test_the_strongest_layer_wins_and_is_named(
        self, flags: dict[str, Any], environ: dict[str, Any], in_file: dict[str, Any]
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            text = "".join(f"{name} = {toml_value(value)}\n" for name, value in in_file.items())
            file = written(Path(folder), text)
            loaded = load(
                {name: as_text(value) for name, value in flags.items()},
                {variable_of(name): as_text(value) for name, value in environ.items()},
                file,
            )
        layers = [("flag", flags), ("environment", environ), ("file", in_file)]
        for name in VALUES:
            layer = next((layer for layer, values in layers if name in values), "default")
            expected = dict(layers).get(layer, {}).get(name, Settings().model_dump()[name])
            value = getattr(loaded.settings, name)
            assert (list(value) if isinstance(value, tuple) else value) == expected
            assert loaded.provenance[name].layer == layer

    def test_each_origin_says_where(self, tmp_path: Path) -> None:
        file = written(tmp_path, "max_tools = 3\n")
        loaded = load({"port": "1"}, {"NEMOTRON_MAX_QUEUE": "2"}, file)
        assert {name: str(origin) for name, origin in loaded.provenance.items() if origin.where} == {
            "port": "flag --port",
            "max_queue": "environment NEMOTRON_MAX_QUEUE",
            "max_tools": f"file {file}: max_tools",
        }
        assert str(loaded.provenance["host"]) == "default"

    def test_every_setting_has_a_provenance(self) -> None:
        assert load().provenance.keys() == Settings.model_fields.keys()

    def test_an_empty_variable_is_not_set(self, tmp_path: Path) -> None:
        loaded = load({}, {"NEMOTRON_PORT": ""}, written(tmp_path, "port = 9\n"))
        assert (loaded.settings.port, loaded.provenance["port"].layer) == (9, "file")

    @pytest.mark.parametrize("name", ["context_tokens", "cors_origins", "enforce_eager"])
    def test_auto_takes_a_weaker_layer_back(self, name: str) -> None:
        weak = {"context_tokens": 4096, "cors_origins": ["*"], "enforce_eager": True}
        with tempfile.TemporaryDirectory() as folder:
            file = written(Path(folder), f"{name} = {toml_value(weak[name])}\n")
            loaded = load({}, {variable_of(name): "auto"}, file)
        assert getattr(loaded.settings, name) is None

    def test_a_plan_decides_what_is_auto_and_nothing_else(self) -> None:
        loaded = load({"context_tokens": "4096", "tensor_parallel": "auto"})
        suited = loaded.suited("H100", {"context_tokens": 262144, "tensor_parallel": 2, "moe_backend": None})
        assert (suited.settings.context_tokens, suited.settings.tensor_parallel) == (4096, 2)
        assert suited.settings.moe_backend is None
        assert str(suited.provenance["tensor_parallel"]) == "plan H100"
        assert suited.provenance["context_tokens"].layer == "flag"
        assert loaded.settings.tensor_parallel is None

    def test_other_variables_are_none_of_our_business(self) -> None:
        assert load({}, {"PORT": "1", "HOST": "0.0.0.0", "OPENAI_API_KEY": "x"}).settings == Settings()


class TestTypos:
    @pytest.mark.parametrize(
        ("name", "nearest"),
        [("NEMOTRON_PROT", "NEMOTRON_PORT"), ("NEMOTRON_API_KEY", "NEMOTRON_API_KEYS"), ("NEMOTRON_", "")],
    )
    def test_an_unknown_variable_is_refused(self, name: str, nearest: str) -> None:
        with pytest.raises(ConfigError, match=f"unknown variable {name} .nearest: {nearest}"):
            load({}, {name: "1"})

    def test_variables_of_the_benchmarks_and_kernels_are_no_settings(self) -> None:
        loaded = load({}, {"NEMOTRON_BENCH_KEY": "k", "NEMOTRON_SANE_DUMMY": "1", "NEMOTRON_PORT": "7"})
        assert loaded.settings.port == 7

    def test_an_unknown_key_is_refused(self, tmp_path: Path) -> None:
        file = written(tmp_path, "max_body = 1\nprot = 2\n[server]\nport = 3\n")
        with pytest.raises(ConfigError) as caught:
            load({}, {}, file)
        lines = caught.value.message.splitlines()
        assert lines[0] == f"unknown key in {file}: max_body (nearest: max_body_bytes)"
        assert lines[1] == f"unknown key in {file}: prot (nearest: port)"
        assert "server" in lines[2]

    def test_callers_are_held_to_it_too(self) -> None:
        with pytest.raises(ConfigError, match="unknown setting prot"):
            load({"prot": 1})


class TestValues:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("port", "eighty"),
            ("port", "65536"),
            ("port", True),  # TOML's true would pass as 1
            ("max_tools", "0"),
            ("gpu_memory_utilization", "1.5"),
            ("gpu_memory_utilization", "nan"),
            ("keepalive_first_s", "inf"),
            ("dtype", "float8"),
            ("log_format", "yes"),
            ("log_content", "perhaps"),
            ("host", ""),
            ("model", ""),
            ("context_tokens", "many"),
            ("cors_origins", "example.org"),
            ("cors_origins", "https://example.org/"),  # browsers send no path: it would never match
            ("cors_origins", 3),
            ("request_timeout_s", "0"),
        ],
    )
    def test_a_wrong_one_is_named_with_its_origin(self, name: str, value: Any) -> None:
        with pytest.raises(ConfigError) as caught:
            load({name: value})
        assert caught.value.message.startswith(f"{name}: {value!r}: ")
        assert caught.value.message.endswith(f"(from flag {flag_of(name)})")

    def test_all_wrong_ones_are_told_at_once(self) -> None:
        with pytest.raises(ConfigError) as caught:
            load({"port": "x"}, {"NEMOTRON_MAX_QUEUE": "y"})
        assert len(caught.value.message.splitlines()) == 2

    @pytest.mark.parametrize("value", ["a, b", ["a", "b"], ["a,b"], ("a", " b "), "a,,b,"])
    def test_lists_have_one_meaning_in_all_forms(self, value: Any) -> None:
        assert load({"allowed_hosts": value}).settings.allowed_hosts == ("a", "b")

    def test_off_lifts_the_time_limit(self) -> None:
        loaded = load({"request_timeout_s": "off"}, {"NEMOTRON_REQUEST_TIMEOUT_S": "5"})
        assert loaded.settings.request_timeout_s is None
        assert loaded.shown("request_timeout_s") == "off"

    def test_they_can_not_be_changed(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            load().settings.port = 1


class TestFile:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [(None, "can't be read"), (b"port = ", "not valid TOML"), (b"model = '\xff'", "not valid TOML")],
    )
    def test_a_bad_one_is_named(self, tmp_path: Path, content: bytes | None, reason: str) -> None:
        file = tmp_path / "config.toml"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigError, match=f"config.toml: {reason}"):
            load({}, {}, file)

    def test_the_users_own_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert config_file() is None
        (tmp_path / "nemotron").mkdir()
        usual = written(tmp_path / "nemotron", "")
        assert config_file() == usual
        assert config_file(tmp_path / "other") == tmp_path / "other"


class TestDoor:
    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", "localhost.example.org"])
    def test_no_one_else_gets_in_without_a_key(self, host: str) -> None:
        with pytest.raises(ConfigError, match=r"NEMOTRON_API_KEYS.*127.0.0.1.*--insecure"):
            load({"host": host})
        assert load({"host": host, "insecure": True}).settings.host == host
        assert load({"host": host}, {"NEMOTRON_API_KEYS": "k"}).settings.host == host

    def test_keys_of_nothing_but_commas_are_none(self) -> None:
        with pytest.raises(ConfigError, match="no API key is set"):
            load({"host": "0.0.0.0"}, {"NEMOTRON_API_KEYS": " , "})

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
    def test_this_machine_needs_none(self, host: str) -> None:
        assert is_loopback(host)
        assert load({"host": host}).settings.host == host


class TestSecrets:
    def test_keys_are_kept_and_never_shown(self, tmp_path: Path) -> None:
        loaded = load({}, {"NEMOTRON_API_KEYS": f"{SECRET}, other"})
        assert [key.get_secret_value() for key in loaded.settings.api_keys] == [SECRET, "other"]
        assert loaded.shown("api_keys") == "2 set"
        assert SECRET not in f"{loaded!r} {loaded} {loaded.settings.model_dump_json()}"

    @pytest.mark.parametrize("key", [f"{SECRET} x", f"{SECRET}\x1b", f"{SECRET}é"])
    def test_a_wrong_one_is_not_quoted(self, key: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load({"api_keys": [key], "port": "x"})
        assert "api_keys: a key may hold" in caught.value.message
        assert SECRET not in caught.value.message


def test_importing_them_is_light() -> None:
    code = (
        "import sys, nemotron_runtime.settings as s; s.Settings();"
        "print({'torch', 'vllm', 'fastapi', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


class TestKeys:
    def test_a_management_key_is_no_other_key(self):
        with pytest.raises(ConfigError, match="it stands in api_keys, too"):
            load({"api_keys": "one,two", "management_key": "two"})

    def test_secrets_are_never_shown(self):
        loaded = load({"management_key": SECRET, "api_keys": SECRET + "2"})
        assert (loaded.shown("management_key"), loaded.shown("api_keys")) == ("set", "1 set")
        with pytest.raises(ConfigError) as refused:
            load({"management_key": f"{SECRET} and more"})
        assert SECRET not in str(refused.value)

    @pytest.mark.parametrize("asks", [{"require_keys": True}, {"api_keys": "one"}])
    def test_who_asks_for_keys_may_listen_anywhere(self, asks):
        assert load({"host": "0.0.0.0", **asks}).settings.asks_for_keys

    def test_a_management_key_alone_closes_no_door(self):
        assert not load({"management_key": "one"}).settings.asks_for_keys
        with pytest.raises(ConfigError, match="no API key is set"):
            load({"host": "0.0.0.0", "management_key": "one"})

    def test_a_door_that_no_key_opens(self):
        with pytest.raises(ConfigError, match="require_keys: without a store"):
            load({"require_keys": True, "store": "off"})
        assert load({"require_keys": True, "store": "off", "api_keys": "one"}).settings.require_keys

    def test_free_requests(self):
        assert load({}).settings.free_requests_per_day is None
        assert load({"free_requests_per_day": "50"}).settings.free_requests_per_day == 50
