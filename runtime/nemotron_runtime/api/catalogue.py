"""The catalogue's routes: what is served, by whom, how it is doing. All but ``/models/user`` are public."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.params import Depends
from fastapi.responses import JSONResponse

from nemotron_runtime.api.catalogue_entries import (
    endpoint_entry,
    model_endpoints,
    model_entry,
    provider_entry,
)
from nemotron_runtime.api.catalogue_query import fits, parse_query
from nemotron_runtime.errors import ModelNotFound
from nemotron_runtime.models.resolve import Resolved, find, resolve
from nemotron_runtime.models.served import Health, HealthSource, Served
from nemotron_runtime.wire.catalogue import (
    CountBody,
    EndpointList,
    EndpointsBody,
    ModelBody,
    ModelsPage,
    ProvidersBody,
)


class Catalogue:
    """A catalogue of one model.

    Args:
        served: Asked at each request, since the context is known only once the engine has started.
        health: The same for the endpoint's recent past.
    """

    def __init__(self, served: Callable[[], Served], health: HealthSource = Health) -> None:
        self._served = served
        self._health = health

    def page(self, parameters: dict[str, str]) -> ModelsPage:
        """Lists what fits the query.

        Raises:
            InvalidRequest: A parameter is wrong.
        """
        query, served = parse_query(parameters), self._served()
        entries = [model_entry(served, self._default())] if fits(query, served, time.time()) else []
        shown = entries[query.offset : query.offset + query.limit]
        return {"data": shown, "total_count": len(entries), "links": {"next": None}}

    def count(self, parameters: dict[str, str]) -> CountBody:
        """Counts what fits the query."""
        return {"data": {"count": self.page(parameters)["total_count"]}}

    def model(self, model_id: str) -> ModelBody:
        """Finds one model by slug, alias or variant.

        Raises:
            ModelNotFound: It isn't served.
        """
        return {"data": model_entry(self._served(), self._found(model_id))}

    def endpoints(self, model_id: str, *, with_speed: bool = True) -> EndpointsBody:
        """Finds a model's endpoint; errors as above. Latency and throughput are for who has a key."""
        health = self._shown(with_speed)
        return {"data": model_endpoints(self._served(), self._found(model_id), health)}

    def zero_retention(self, *, with_speed: bool = True) -> EndpointList:
        """Lists the endpoint if it forgets prompts."""
        served = self._served()
        entry = endpoint_entry(served, self._default(), self._shown(with_speed))
        return {"data": [] if served.retains_prompts else [entry]}

    def providers(self) -> ProvidersBody:
        """Lists the one provider."""
        return {"data": [provider_entry()]}

    def _shown(self, with_speed: bool) -> Health:
        health = self._health()
        return health if with_speed else replace(health, latency_last_30m=None, throughput_last_30m=None)

    def _default(self) -> Resolved:
        return resolve(None, None, None, self._served().spec)

    def _found(self, model_id: str) -> Resolved:
        if resolved := find(model_id, self._served().spec):
            return resolved
        raise ModelNotFound(f"No endpoints found for {model_id}.")


def _anybody(request: Request) -> bool:
    return True


def catalogue_router(
    catalogue: Catalogue,
    *,
    keyed: Sequence[Depends] = (),
    sees_speed: Callable[[Request], bool] = _anybody,
) -> APIRouter:
    """Makes the routes, without a prefix.

    Args:
        keyed: Dependencies of the routes that need a key.
        sees_speed: Whether a request may know latency and throughput.
    """
    router = APIRouter()

    @router.get("/models")
    async def models(request: Request) -> Any:
        return JSONResponse(catalogue.page(dict(request.query_params)))

    @router.get("/models/count")
    async def count(request: Request) -> Any:
        return JSONResponse(catalogue.count(dict(request.query_params)))

    @router.get("/models/user", dependencies=keyed)
    async def user_models(request: Request) -> Any:
        return JSONResponse(catalogue.page(dict(request.query_params)))

    @router.get("/model/{author}/{slug}")
    async def model(author: str, slug: str) -> Any:
        return JSONResponse(catalogue.model(f"{author}/{slug}"))

    # These two look at the store: in a thread.
    @router.get("/models/{author}/{slug}/endpoints")
    def endpoints(request: Request, author: str, slug: str) -> Any:
        return JSONResponse(catalogue.endpoints(f"{author}/{slug}", with_speed=sees_speed(request)))

    @router.get("/endpoints/zdr")
    def zero_retention(request: Request) -> Any:
        return JSONResponse(catalogue.zero_retention(with_speed=sees_speed(request)))

    @router.get("/providers")
    async def providers() -> Any:
        return JSONResponse(catalogue.providers())

    return router
