"""Keys through the API: made, listed, changed, deleted, and what they open. With OpenRouter's own client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from openrouter import OpenRouter, errors, operations

from nemotron_runtime.models.spec import Prices
from nemotron_runtime.store.keys import KeyTerms, digest
from support.app import Running, scripted_server
from support.contract import DATA, validate_response, validate_sdk

MASTER, STATIC = "sk-or-v1-management-of-the-settings", "sk-or-v1-ordinary-of-the-settings"
ASK = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
PRICES = Prices(Decimal("0.01"), Decimal("0.02"))


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory) -> Iterator[Running]:
    spec = replace(demo.served.spec, prices=PRICES)
    priced = replace(demo, served=replace(demo.served, spec=spec))
    folder = tmp_path_factory.mktemp("keys")
    with scripted_server(
        priced,
        ["</think>Hello"],
        database=folder / "store.sqlite",
        api_keys=STATIC,
        management_key=MASTER,
    ) as running:
        yield running


def client(server: Running, key: str = MASTER) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=server.api, timeout_ms=20_000)


def send(server: Running, method: str, path: str, key: str = MASTER, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.request(method, server.api + path, headers=headers, timeout=20, **more)


def ask(server: Running, key: str, **fields: Any) -> httpx.Response:
    return send(server, "POST", "/chat/completions", key, json=ASK | fields)


def made(server: Running, **terms: Any) -> tuple[str, str]:
    """A key straight from the store: secret and hash."""
    assert server.store
    new = server.store.keys.create(KeyTerms(**{"name": "test", **terms}))
    return new.secret, new.key.hash


def error(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()["error"]
    assert answer.status_code == body["code"]
    return body["code"], body["metadata"]["error_type"], body["message"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the client's own old fields
class TestTheClient:
    def test_a_keys_life(self, server):
        with client(server) as sdk:
            expires = datetime.now(UTC) + timedelta(days=1)
            new = sdk.api_keys.create(name="laptop", limit=5, limit_reset="daily", expires_at=expires)
            assert new.key.startswith("sk-or-v1-")
            assert len(new.key) == len("sk-or-v1-") + 64
            assert new.data.hash == digest(new.key)
            assert new.data.label == f"{new.key[:12]}...{new.key[-3:]}"
            assert ask(server, new.key).status_code == 200

            with client(server, new.key) as own:
                mine = own.api_keys.get_current_key_metadata().data
            assert (mine.limit, mine.limit_reset, mine.is_management_key) == (5, "daily", False)

            changed = sdk.api_keys.update(hash=new.data.hash, name="desk", disabled=True).data
            assert (changed.name, changed.disabled, changed.limit) == ("desk", True, 5)
            assert error(ask(server, new.key)) == (401, "authentication", "User not found.")
            shown = sdk.api_keys.list()
            hidden = sdk.api_keys.list(include_disabled=True)
            assert new.data.hash not in [key.hash for key in shown.data]
            assert new.data.hash in [key.hash for key in hidden.data]
            assert sdk.api_keys.get(hash=new.data.hash).data.name == "desk"
            sdk.api_keys.delete(hash=new.data.hash)
            with pytest.raises(errors.NotFoundResponseError):
                sdk.api_keys.get(hash=new.data.hash)

    def test_credits(self, server):
        secret, _ = made(server, limit_usd=Decimal(3))
        with client(server, secret) as sdk:
            credit = sdk.credits.get_credits().data
        assert (credit.total_credits, credit.total_usage) == (3, 0)
        with client(server) as sdk:
            whole = sdk.credits.get_credits().data
        assert whole.total_credits == whole.total_usage

    def test_usage_is_there_at_once(self, server):
        secret, key_hash = made(server, limit_usd=Decimal(100))
        usage = ask(server, secret).json()["usage"]
        assert usage["cost"] > 0
        with client(server) as sdk:
            key = sdk.api_keys.get(hash=key_hash).data
        assert key.usage == key.usage_daily == key.usage_weekly == key.usage_monthly == usage["cost"]
        assert key.limit_remaining == pytest.approx(100 - usage["cost"])
        assert key.last_used_at


@pytest.mark.skipif(not DATA.is_dir(), reason="the contract's file is not on this machine")
class TestTheContract:
    def test_bodies(self, server):
        new = send(server, "POST", "/keys", json={"name": "a", "limit": 0.25})
        assert new.status_code == 201
        validate_response("POST", "/keys", 201, new.json())
        validate_sdk(operations.CreateKeysResponse, new.json())
        path = f"/keys/{new.json()['data']['hash']}"
        for method, url, body, model in (
            ("GET", path, None, operations.GetKeyResponse),
            ("PATCH", path, {"limit": None}, operations.UpdateKeysResponse),
            ("DELETE", path, None, operations.DeleteKeysResponse),
        ):
            answer = send(server, method, url, **({"json": body} if body else {}))
            validate_response(method, "/keys/{hash}", 200, answer.json())
            validate_sdk(model, answer.json())
        listed = send(server, "GET", "/keys")
        validate_response("GET", "/keys", 200, listed.json())
        validate_sdk(operations.ListResponse, listed.json())

    @pytest.mark.parametrize("key", [MASTER, STATIC])
    def test_the_key_itself(self, server, key):
        for path in ("/key", "/auth/key"):
            body = send(server, "GET", path, key).json()
            validate_response("GET", "/key", 200, body)
            validate_sdk(operations.GetCurrentKeyResponse, body)
        credit = send(server, "GET", "/credits", key).json()
        validate_response("GET", "/credits", 200, credit)
        validate_sdk(operations.GetCreditsResponse, credit)


class TestRights:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/keys"),
            ("POST", "/keys"),
            ("GET", "/keys/x"),
            ("PATCH", "/keys/x"),
            ("DELETE", "/keys/x"),
        ],
    )
    def test_only_management_keys_manage(self, server, method, path):
        words = "Only management keys can perform this operation"
        assert error(send(server, method, path, STATIC)) == (403, "permission_denied", words)

    def test_management_keys_do_not_chat(self, server):
        before = len(server.engine.requests)
        assert error(ask(server, MASTER))[:2] == (403, "permission_denied")
        assert len(server.engine.requests) == before

    def test_an_expired_key_is_unknown(self, server):
        secret, _ = made(server, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        assert error(ask(server, secret)) == (401, "authentication", "User not found.")

    def test_keys_of_the_settings_are_listed_but_not_changed(self, server):
        rows = {row["name"]: row for row in send(server, "GET", "/keys").json()["data"]}
        row = rows["sk-or-v1-ord...ngs"]
        assert row["of_settings"]
        for method in ("PATCH", "DELETE"):
            answer = send(server, method, f"/keys/{row['hash']}", json={"disabled": True})
            assert error(answer)[0] == 400
        assert ask(server, STATIC).status_code == 200

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "name: Required"),
            ({"name": ""}, "name: Too small"),
            ({"name": "a", "limit": -1}, "limit: "),
            ({"name": "a", "limit_reset": "hourly"}, "limit_reset: Invalid option"),
            ({"name": "a", "expires_at": "2030-01-01T00:00:00"}, "expires_at: "),
            ({"name": "a", "creator_user_id": "user_1"}, "creator_user_id: "),
            ({"name": "a", "workspace_id": "x"}, "workspace_id: "),
            ({"name": "a", "external": {"user": "u"}}, "external: Unrecognized key"),
            ({"name": "a", "requests_per_minute": 0}, "requests_per_minute: Too small"),
        ],
    )
    def test_wrong_fields_are_named(self, server, body, words):
        status, kind, message = error(send(server, "POST", "/keys", json=body))
        assert (status, kind) == (400, "invalid_request")
        assert message.startswith(words)

    def test_an_unknown_key_is_a_404(self, server):
        for method in ("GET", "PATCH", "DELETE"):
            answer = send(server, method, "/keys/none", **({"json": {}} if method == "PATCH" else {}))
            assert error(answer)[:2] == (404, "not_found")

    def test_pages(self, server):
        whole = send(server, "GET", "/keys").json()["data"]
        assert send(server, "GET", "/keys?offset=1").json()["data"] == whole[1:]
        assert send(server, "GET", "/keys?workspace_id=another").json()["data"] == []
        assert error(send(server, "GET", "/keys?offset=-1"))[0] == 400


@pytest.fixture(scope="module")
def open_server(demo, tmp_path_factory) -> Iterator[Running]:
    database = tmp_path_factory.mktemp("open") / "store.sqlite"
    with scripted_server(demo, ["</think>Hello"], database=database) as running:
        yield running


class TestWithoutKeys:
    def test_a_key_that_is_known_is_accounted_to(self, open_server):
        secret, key_hash = made(open_server)
        for key, accounted in ((secret, key_hash), ("anything", None)):
            assert ask(open_server, key).status_code == 200
            assert open_server.records.all[-1].caller.key_hash == accounted

    def test_keys_are_managed_with_a_management_key_all_the_same(self, open_server):
        assert error(httpx.get(f"{open_server.api}/keys"))[2] == "Missing Authentication header"
        assert error(send(open_server, "GET", "/keys", "anything"))[2] == "User not found."
        master, _ = made(open_server, management=True)
        assert send(open_server, "GET", "/keys", master).status_code == 200
        assert ask(open_server, master).status_code == 200
        assert open_server.records.all[-1].caller.key_hash is None

    def test_the_key_that_nobody_needs(self, open_server):
        body = httpx.get(f"{open_server.api}/key").json()
        assert body["data"]["label"] == "no key needed"
        validate_sdk(operations.GetCurrentKeyResponse, body)


def test_without_a_store_only_the_settings_have_keys(demo):
    with scripted_server(demo, ["</think>Hello"], api_keys=STATIC, management_key=MASTER) as server:
        assert len(send(server, "GET", "/keys").json()["data"]) == 2
        status, _, message = error(send(server, "POST", "/keys", json={"name": "a"}))
        assert status == 400
        assert "no store" in message
        assert ask(server, STATIC).status_code == 200


def test_keys_of_the_store_alone(demo, tmp_path):
    database = tmp_path / "store.sqlite"
    with scripted_server(demo, ["</think>Hello"], database=database, require_keys=True) as server:
        secret, _ = made(server)
        assert error(send(server, "GET", "/key", "x"))[0] == 401
        assert ask(server, secret).status_code == 200
