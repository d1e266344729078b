"""The model page, the playground and the keys page: static files that come with the package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",  # a licence
}

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Only what comes from this server runs or is shown, and no text is ever taken for markup that runs."""

HEADERS = {
    "Cache-Control": "no-cache",  # kept, but asked for again: the names don't change with the version
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent."""

    body: bytes
    media_type: str
    etag: str


def pages_router() -> APIRouter:
    """Serves the page at ``/`` and what it is made of below ``/assets``."""
    router = APIRouter()

    @router.api_route("/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        return _answer(request, static_files()["index.html"])

    @router.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
    async def asset(request: Request, path: str) -> Response:
        found = static_files().get(f"assets/{path}")
        if found is None:
            raise HTTPException(404)
        return _answer(request, found)

    return router


@cache
def static_files() -> Mapping[str, StaticFile]:
    """All files by their path below the root. A path that isn't a key isn't served."""
    root = files(__package__) / "static"
    return {str(path): _read(path, place) for path, place in _walk(root, PurePosixPath())}


def _walk(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for place in folder.iterdir():
        if place.is_dir():
            yield from _walk(place, path / place.name)
        else:
            yield path / place.name, place


def _read(path: PurePosixPath, place: Traversable) -> StaticFile:
    body = place.read_bytes()
    return StaticFile(body, MEDIA_TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _answer(request: Request, file: StaticFile) -> Response:
    headers = {**HEADERS, "ETag": file.etag}
    if file.etag in _etags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(file.body, media_type=file.media_type, headers=headers)


def _etags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
