"""From the model id of a request to what answers it.

The ids of this server are those of its own catalogue. Any other is refused as the hosted endpoint refuses
an id outside its catalogue: 400 ``X is not a valid model ID`` (``model_not_found`` is a 400 there). Its 404
``No endpoints found for X.`` is for models it lists without an endpoint; the catalogue's own routes use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.models.spec import ModelSpec, Prices

ROUTING_SUFFIXES = frozenset({"nitro", "floor", "exacto", "online"})
"""Wishes about routing, which one provider fulfils or can't: accepted, and gone from the answer."""

VARIANT_SUFFIXES = frozenset({"free", "thinking", "extended"})
"""Catalogue entries of their own, so an answer names them. Thinking and the whole context come anyway."""

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Resolved:
    """The model that answers.

    Attributes:
        model: The id in the answer: the slug of what really runs, with its variant.
        requested: The id as the client wrote it (of error chunks); ``model`` where there was none.
        suffixes: All that the request had, without colons, in order.
        prices: Of this variant.
    """

    model: str
    requested: str
    suffixes: tuple[str, ...]
    prices: Prices

    @property
    def variants(self) -> tuple[str, ...]:
        """The suffixes that ``model`` keeps."""
        return tuple(suffix for suffix in self.suffixes if suffix in VARIANT_SUFFIXES)


def resolve(
    requested: str | None, fallbacks: Sequence[str] | None, preset: str | None, spec: ModelSpec
) -> Resolved:
    """Takes the first id that is served: ``model``, then ``models`` in order; without any, the model itself.

    Raises:
        InvalidRequest: None of them is served (the message is about the first), or a preset is asked for.
    """
    if preset is not None:
        raise _no_presets("preset")
    candidates = [*([] if requested is None else [requested]), *(fallbacks or ())]
    if not candidates:
        return _resolved(spec.slug, (), spec)
    for candidate in candidates:
        if found := find(candidate, spec):
            return found
    raise _refusal(candidates[0], spec)


def find(model_id: str, spec: ModelSpec) -> Resolved | None:
    """Reads one id, ``author/name[:suffix...]``; None where it isn't served."""
    slug, *suffixes = model_id.split(":")
    if slug not in (spec.slug, *spec.serves) or not set(suffixes) <= ROUTING_SUFFIXES | VARIANT_SUFFIXES:
        return None
    return _resolved(model_id, tuple(suffixes), spec)


def _resolved(requested: str, suffixes: tuple[str, ...], spec: ModelSpec) -> Resolved:
    kept = [suffix for suffix in suffixes if suffix in VARIANT_SUFFIXES]
    prices = Prices() if "free" in suffixes else spec.prices
    return Resolved(":".join([spec.slug, *kept]), requested, suffixes, prices)


def _refusal(model_id: str, spec: ModelSpec) -> InvalidRequest:
    if "@preset/" in model_id:
        return _no_presets("model")
    return InvalidRequest(
        f"{model_id[:_SHOWN_CHARACTERS]} is not a valid model ID", metadata={"available_models": [spec.slug]}
    )


def _no_presets(field: str) -> InvalidRequest:
    return InvalidRequest(f"{field}: this server has no presets; send the parameters in the request")
