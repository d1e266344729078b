"""The keys page in a browser, over the real routes; and the page of a server that asks for keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.app import Running, scripted_server
from support.page_stats import MARKED, seeded, telling

pytestmark = pytest.mark.node

KEY, MANAGEMENT = "sk-or-v1-ordinary-of-the-page", "sk-or-v1-management-of-the-page"


@pytest.fixture(scope="module")
def keyed(demo, tmp_path_factory) -> Iterator[Running]:
    database = tmp_path_factory.mktemp("page") / "store.sqlite"
    with scripted_server(
        demo,
        ["</think>Hello"],
        wrap=telling(seeded(), key=KEY),
        database=database,
        api_keys=KEY,
        management_key=MANAGEMENT,
    ) as running:
        yield running


def test_life_of_a_key(browse, keyed, shots):
    secret = browse("keysLife", keyed.url, management=MANAGEMENT, name=MARKED, shots=shots)
    assert keyed.store
    assert keyed.store.keys.find(secret) is None


def test_another_key_is_refused_with_what_to_do(browse, keyed):
    parts = ["401", "User not found.", "nemotron keys create --management"]
    browse("keysRefused", keyed.url, management="sk-or-v1-nobody", parts=parts, allow=["401"])


def test_figures_ask_for_a_key(browse, keyed):
    browse("asksForKey", keyed.url, key=KEY, allow=["401"])
