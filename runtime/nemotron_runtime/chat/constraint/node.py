"""What a grammar can hold of a JSON schema, as a tree. Nothing here says more than the schema does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression for a whole string, in the engine's dialect; ``cost`` counts its states."""

    regex: str
    cost: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string. Lengths count characters; a pattern comes without lengths."""

    min_length: int = 0
    max_length: int | None = None
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between two bounds, both included."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range of numbers."""

    value: Decimal
    open: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds."""

    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True, slots=True)
class Literals:
    """One of these values, each given as JSON text."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """Values in a row. ``items`` of None: none beyond ``prefix``."""

    prefix: tuple[Node, ...] = ()
    items: Node | None = None
    min_items: int = 0
    max_items: int | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """Properties in the schema's order; ``extra`` are the values of further ones, whose names fit ``names``.

    Names that fit a pattern, and counts, come only where no property is declared.
    """

    properties: tuple[tuple[str, Node], ...] = ()
    required: frozenset[str] = frozenset()
    extra: Node | None = None
    names: Pattern | None = None
    min_extra: int = 0
    max_extra: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of these; at least two."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A definition by name. The only way to recursion."""

    name: str


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


Node = Text | Integer | Number | Literals | Array | Object | Choice | Reference | Anything

BOOLEAN = Literals(("true", "false"))
NULL = Literals(("null",))
ANYTHING = Anything()
NOTHING = Literals(())
OPEN_OBJECT = Object(extra=ANYTHING)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole schema: its root, and what references name."""

    root: Node
    definitions: Mapping[str, Node] = field(default_factory=dict)

    def cost(self) -> int:
        """How much compiling the strings takes: about 20 ms of one core for each unit, once."""
        nodes = [*walk(self.root), *(node for root in self.definitions.values() for node in walk(root))]
        return sum(_cost(node) for node in set(map(_costly, nodes)) if node)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below; references are not followed."""
    match node:
        case Array(prefix=prefix, items=items):
            return prefix if items is None else (*prefix, items)
        case Object(properties=properties, extra=extra):
            values = tuple(value for _, value in properties)
            return values if extra is None else (*values, extra)
        case Choice(branches=branches):
            return branches
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it; references are not followed."""
    yield node
    for child in children(node):
        yield from walk(child)


def _costly(node: Node) -> Text | Pattern | None:
    match node:
        case Text():
            return node
        case Object(names=Pattern() as names):
            return names
    return None


def _cost(node: Text | Pattern) -> int:
    if isinstance(node, Pattern):
        return node.cost
    if node.pattern:
        return node.pattern.cost
    return node.min_length + (20 if node.max_length is not None else 0)
