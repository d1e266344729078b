"""Which app a request says it comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from nemotron_runtime.chat.record import App

GROUPS: Mapping[str, tuple[str, ...]] = {
    "coding": ("cli-agent", "ide-extension", "cloud-agent", "programming-app", "native-app-builder"),
    "creative": ("creative-writing", "video-gen", "image-gen", "audio-gen"),
    "productivity": ("writing-assistant", "general-chat", "personal-agent", "legal"),
    "entertainment": ("roleplay", "game"),
}
"""Categories of apps, by group."""

_CATEGORIES = frozenset(category for group in GROUPS.values() for category in group)
_CATEGORIES_PER_REQUEST = 2
_TITLE_CHARS = 100
_URL_CHARS = 500


def app_of(headers: Mapping[str, str]) -> App | None:
    """The app of a request; None where it names none.

    ``HTTP-Referer`` (or a browser's ``Referer``) names it. Pages of the client's own machine are told apart
    by their title, and are no app without one.

    Args:
        headers: With names in any case, as Starlette's are.
    """
    url = _origin(headers.get("http-referer") or headers.get("referer") or "")
    if url is None:
        return None
    title = _title(headers.get("x-openrouter-title") or headers.get("x-title") or "")
    local = _is_local(urlsplit(url).hostname or "")
    if local and title is None:
        return None
    return App(
        identity=title if local and title else url,
        title=title,
        url=None if local else url,
        categories=_categories(headers.get("x-openrouter-categories", "")),
        hidden=headers.get("x-openrouter-app-visibility", "").strip().lower() == "hidden",
    )


def _origin(referer: str) -> str | None:
    try:
        parts = urlsplit(referer[:_URL_CHARS].strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _title(text: str) -> str | None:
    return " ".join(text.split())[:_TITLE_CHARS] or None


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _categories(text: str) -> tuple[str, ...]:
    """Known ones, the first two; others are dropped without a word."""
    known = [word for part in text.split(",") if (word := part.strip().lower()) in _CATEGORIES]
    return tuple(dict.fromkeys(known))[:_CATEGORIES_PER_REQUEST]
