"""What ``/activity`` and ``/datasets/app-rankings`` are asked and answer."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import BaseModel, ConfigDict, Field


class ActivityQuery(BaseModel):
    """Filters that all must hold. There are no members here, so ``user_id`` is refused."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    date: dt.date | None = None
    api_key_hash: str | None = None
    user_id: None = None
    group_by: Literal["workspace"] | None = None
    workspace_id: str | None = None


class ActivityItem(TypedDict):
    """A UTC day of one model. ``usage`` is in US dollars; prompt tokens include cached ones."""

    date: str
    model: str
    model_permaslug: str
    endpoint_id: str
    provider_name: str
    usage: float
    byok_usage_inference: float
    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    workspace_id: NotRequired[str]


class ActivityBody(TypedDict):
    """The answer of ``/activity``."""

    data: list[ActivityItem]


class RankingsQuery(BaseModel):
    """Which apps, over which days (both contained)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    category: Literal["coding", "creative", "productivity", "entertainment"] | None = None
    subcategory: str | None = None
    sort: Literal["popular", "trending"] = "popular"
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Annotated[int, Field(ge=0)] = 0


class RankedApp(TypedDict):
    """An app's place. ``total_tokens`` is text, so that no client rounds it."""

    app_id: int
    app_name: str
    rank: int
    total_requests: int
    total_tokens: str


class RankingsMeta(TypedDict):
    """What was counted."""

    as_of: str
    version: str
    start_date: str
    end_date: str


class RankingsBody(TypedDict):
    """The answer of ``/datasets/app-rankings``."""

    data: list[RankedApp]
    meta: RankingsMeta
