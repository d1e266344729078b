from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nemotron_runtime.store.keys import KeyTerms, KeyUsage, digest, key_of_settings, label_of, new_secret

USAGE = KeyUsage(total=Decimal(40), daily=Decimal(1), weekly=Decimal(2), monthly=Decimal(3))


def test_secrets_have_the_form_of_the_hosted_ones_and_never_repeat() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(re.fullmatch(r"sk-or-v1-[0-9a-f]{64}", secret) for secret in secrets)


def test_a_label_shows_six_characters() -> None:
    assert label_of("sk-or-v1-au7" + "0" * 58 + "890") == "sk-or-v1-au7...890"


@pytest.mark.parametrize("secret", ["", "short", "sk-or-v1-short", "fifteen-letters"])
def test_a_label_shows_nothing_of_a_short_secret(secret: str) -> None:
    assert label_of(secret) in ("...", "sk-or-v1-...")


def test_a_key_of_the_settings_is_named_by_its_label() -> None:
    key = key_of_settings("a-secret-of-the-settings")
    assert (key.terms.name, key.label, key.of_settings) == ("a-s...ngs", "a-s...ngs", True)
    assert key.hash == digest("a-secret-of-the-settings")
    assert "a-secret-of-the-settings" not in repr(key)


@pytest.mark.parametrize(("reset", "left"), [(None, 0), ("daily", 9), ("weekly", 8), ("monthly", 7)])
def test_what_is_left_of_a_limit(reset: str | None, left: int) -> None:
    terms = KeyTerms("k", limit_usd=Decimal(10), limit_reset=reset)
    assert USAGE.remaining(terms) == left


def test_no_limit_leaves_no_remainder() -> None:
    assert USAGE.remaining(KeyTerms("k")) is None


def test_a_key_opens_until_it_expires_or_is_disabled() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    key = replace(key_of_settings("x" * 20), terms=KeyTerms("k", expires_at=now))
    assert key.opens(now - timedelta(milliseconds=1))
    assert not key.opens(now)
    assert not replace(key, terms=KeyTerms("k", disabled=True)).opens(now)
