"""The bodies of ``POST /keys`` and ``PATCH /keys/{hash}``, and the query of ``GET /keys``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from nemotron_runtime.wire.scalars import Bool, Int, Price, Str

WORKSPACE = "00000000-0000-0000-0000-000000000000"
"""There is one, and this is its id."""

Name = Annotated[Str, Field(min_length=1, max_length=200)]
Limit = Annotated[Price, Field(max_digits=30)]
Reset = Literal["daily", "weekly", "monthly"]
Rate = Annotated[Int, Field(ge=1, le=2**31 - 1)]


class _Terms(BaseModel):
    """What both have. A key that isn't here is refused. The rates are ours; null: no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit | None = None
    limit_reset: Reset | None = None
    include_byok_in_limit: Bool = False
    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None
    concurrent_streams: Rate | None = None
    workspace_id: Literal["00000000-0000-0000-0000-000000000000"] | None = None


class CreateKey(_Terms):
    """A new key. Nobody but its owner stands behind it, so ``creator_user_id`` has to be null."""

    name: Name
    expires_at: AwareDatetime | None = None
    creator_user_id: None = None


class ChangeKey(_Terms):
    """What a key is to be from now on; what is absent stays."""

    name: Name = ""
    disabled: Bool = False


class KeysQuery(BaseModel):
    """Which keys to list: by default those that are neither disabled nor of another workspace."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    offset: Annotated[int, Field(ge=0)] = 0
    include_disabled: bool = False
    include_expired: bool = True
    workspace_id: str = WORKSPACE
