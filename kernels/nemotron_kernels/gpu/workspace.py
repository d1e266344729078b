"""Memory that the kernels share between launches: counters, buckets, tiles and intermediate rows.

One for a device, used by all layers in turn: a stream runs one layer at a time. It is allocated before a CUDA
graph is captured, since a graph replays addresses.

Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate, S shared experts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nemotron_kernels.geometry import Geometry

LEAST_ROWS = 16
"""Of a tile: the matrix units take no fewer."""
NARROWEST_COLUMNS = 32


class Workspace:
    """Scratch for batches of up to `capacity` tokens.

    Attributes:
        geometry: of the layers.
        capacity: the most tokens of a batch.
        counters: `[E]` int32, rows so far in each bucket; zero between launches.
        done: one int32, programs that have finished; zero between launches.
        bucket: `[E, capacity]` int32, rows of each expert.
        tile_expert: `[tiles]` int32.
        tile_first: `[tiles]` int32, where in its bucket a tile begins.
        tile_rows: `[tiles]` int32, how many rows it has.
        num_tiles: one int32.
        arrivals: `[columns of tiles, capacity]` int32, experts that have finished a
            token; zero between launches.
        ids: `[capacity, K]` int32, for routing of our own.
        weights: `[capacity, K]` float32.
    """

    def __init__(self, geometry: Geometry, capacity: int, device: torch.device | str) -> None:
        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.int32, device=device)

        self.geometry = geometry
        self.capacity = max(capacity, 1)
        tiles = most_tiles(geometry, self.capacity, LEAST_ROWS, shared=True)
        self.counters = zeros(geometry.experts)
        self.done = zeros(1)
        self.bucket = zeros(geometry.experts, self.capacity)
        self.tile_expert = zeros(tiles)
        self.tile_first = zeros(tiles)
        self.tile_rows = zeros(tiles)
        self.num_tiles = zeros(1)
        self.arrivals = zeros(-(-geometry.hidden // NARROWEST_COLUMNS), self.capacity)
        self.ids = zeros(self.capacity, geometry.top_k)
        self.weights = torch.zeros(self.ids.shape, dtype=torch.float32, device=device)


def most_tiles(geometry: Geometry, tokens: int, rows: int, *, shared: bool) -> int:
    """The most tiles that any routing of `tokens` makes: a captured graph's grid can't depend on routing."""
    routes = tokens * geometry.top_k
    routed = min(routes, routes // rows + min(geometry.experts, routes))
    return routed + (geometry.shared_experts * -(-tokens // rows) if shared else 0)
