"""What runs a batch: a way through the experts and the tiles of its two products. Plain data, no kernels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from nemotron_kernels.geometry import Geometry

Way = Literal["stock", "vector", "stream", "blocks"]
"""`stock`: vLLM's own kernels. `vector`: matrix-vector products for a few tokens. `stream`: weights pass once
through the matrix units, weights on their M side. `blocks`: tokens on the M side, for prefill."""

WAYS: tuple[Way, ...] = get_args(Way)
FLAGS = ("fused_routing", "folded_shared", "early_start")
KEYS = {"way", "up", "down", *FLAGS}


@dataclass(frozen=True, slots=True)
class Tile:
    """What one program computes at a time, and with how much of the processor.

    Attributes:
        rows: tokens of one expert; 1 in the vector way.
        columns: output features.
        depth: input features in one step.
        warps: of 32 threads.
        stages: steps in flight.
        waves: programs per multiprocessor that walk the work; 0 gives each piece a program of its own.
    """

    rows: int
    columns: int
    depth: int
    warps: int = 4
    stages: int = 4
    waves: int = 1

    def __post_init__(self) -> None:
        powers = {"rows": self.rows, "columns": self.columns, "depth": self.depth, "warps": self.warps}
        for name, value in powers.items():
            if not _is_power_of_two(value):
                raise ValueError(f"{name} of a tile must be a power of two, not {value!r}")
        if not (_is_count(self.stages, 1, 8) and _is_count(self.waves, 0, 8) and self.warps <= 16):
            raise ValueError(f"a tile has 1 to 8 stages, 0 to 8 waves and up to 16 warps, not {self}")
        if self.rows > 256 or self.columns > 512 or self.depth > 1024:
            sizes = f"{self.rows} x {self.columns} x {self.depth}"
            raise ValueError(f"a tile of {sizes} is larger than any card takes")

    @property
    def is_narrow(self) -> bool:
        """Less than a matrix unit takes."""
        return min(self.rows, self.depth) < 16 or self.columns < 32


@dataclass(frozen=True, slots=True)
class Choice:
    """How a range of token counts is run.

    Attributes:
        way: see `Way`.
        up: tile of the first product; None for stock.
        down: tile of the second; its `rows` are those of `up`, for both walk one list.
        fused_routing: our kernel chooses the experts, too; else vLLM's has done so.
        folded_shared: the shared expert goes with the routed ones (way `stream`).
        early_start: each launch may begin while the one before it ends (programmatic dependent launch).
    """

    way: Way
    up: Tile | None = None
    down: Tile | None = None
    fused_routing: bool = False
    folded_shared: bool = False
    early_start: bool = False

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise ValueError(f"way must be one of {', '.join(WAYS)}, not {self.way!r}")
        if (self.way == "stock") != (self.up is None) or (self.up is None) != (self.down is None):
            raise ValueError("stock has no tiles, and every other way has two")
        if self.up and self.down and self.up.rows != self.down.rows:
            raise ValueError("both products walk one list of tiles: their rows must be equal")
        if self.up and (self.up.rows == 1) != (self.way == "vector"):
            raise ValueError("the vector way has one row, and the others have more")
        if self.way != "vector" and any(tile and tile.is_narrow for tile in (self.up, self.down)):
            raise ValueError("tiles of matrix units have at least 16 rows, 32 columns and a depth of 16")
        if self.folded_shared and self.way != "stream":
            raise ValueError("the shared expert folds into the stream way only")
        if self.way == "stock" and (self.fused_routing or self.early_start):
            raise ValueError("stock has no flags")

    def as_json(self) -> dict[str, Any]:
        """Only what is said: flags that are off and absent tiles are left out."""
        tiles = {name: asdict(tile) for name, tile in (("up", self.up), ("down", self.down)) if tile}
        flags = {name: True for name in FLAGS if getattr(self, name)}
        return {"way": self.way} | tiles | flags

    @classmethod
    def from_json(cls, data: object) -> Choice:
        """Reads what `as_json` wrote.

        Raises:
            ValueError: anything else, with the reason.
        """
        if not isinstance(data, dict) or not set(data) <= KEYS or "way" not in data:
            raise ValueError(f"a choice has the keys {', '.join(sorted(KEYS))}, not {data!r}")
        flags = {name: data.get(name, False) for name in FLAGS}
        if not all(isinstance(flag, bool) for flag in flags.values()):
            raise ValueError(f"flags of a choice are true or false, not {flags}")
        up, down = (_tile(data[name]) if name in data else None for name in ("up", "down"))
        return cls(data["way"], up, down, **flags)


STOCK = Choice("stock")


def default_choice(geometry: Geometry, tokens: int, weight_bytes: int) -> Choice:
    """What runs where nothing was measured and our kernels are demanded: reasoned, not measured.

    Columns are those that divide the sizes: 1856 = 29 x 64, 2688 = 42 x 64 = 21 x 128, 928 = 29 x 32. Rows
    follow the rows per expert at even routing. A weight of one byte takes twice the depth in as many bytes.
    """
    deep = 2 if weight_bytes == 1 else 1
    if tokens <= 4:
        up = Tile(rows=1, columns=8, depth=256, stages=1, waves=0)
        return Choice("vector", up, Tile(rows=1, columns=4, depth=1024, stages=1, waves=0))
    if tokens <= 1024:
        rows = 16 if tokens <= 128 else 32 if tokens <= 512 else 64
        up = Tile(rows, 64, 128 * deep, warps=4, stages=4 if rows < 64 else 3, waves=2 if rows < 64 else 1)
        down = Tile(rows, 64, 64 * deep, warps=4, stages=6 if rows < 64 else 4, waves=2 if rows < 64 else 1)
        return Choice("stream", up, down, fused_routing=True)
    tile = Tile(128, 128, 64 * deep, warps=8, stages=4, waves=1)
    return Choice("blocks", tile, tile)


def _tile(data: object) -> Tile:
    names = {field.name for field in fields(Tile)}
    if not isinstance(data, dict) or not set(data) <= names or not {"rows", "columns", "depth"} <= set(data):
        raise ValueError(f"a tile has the keys {', '.join(sorted(names))}, not {data!r}")
    return Tile(**data)


def _is_power_of_two(value: object) -> bool:
    return _is_count(value, 1, 1 << 20) and not value & (value - 1)  # type: ignore[operator]


def _is_count(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
