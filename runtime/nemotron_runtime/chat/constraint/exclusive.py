"""What can be told of a document as a whole: whether anything satisfies it, and whether branches overlap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations

from nemotron_runtime.chat.constraint.node import (
    Anything,
    Array,
    Choice,
    Document,
    Integer,
    Literals,
    Node,
    Number,
    Object,
    Reference,
    Text,
)

_DEEPEST = 8


def finite(document: Document) -> bool:
    """Whether the root, and each definition, has a value that ends."""
    ending: set[str] = set()
    while True:
        more = {
            name for name, node in document.definitions.items() if name not in ending and _ends(node, ending)
        }
        if not more:
            return len(ending) == len(document.definitions) and _ends(document.root, ending)
        ending |= more


def _ends(node: Node, ending: set[str]) -> bool:
    match node:
        case Literals(texts=texts):
            return bool(texts)
        case Choice(branches=branches):
            return any(_ends(branch, ending) for branch in branches)
        case Reference(name=name):
            return name in ending
        case Array(prefix=prefix, items=items, min_items=least):
            needed = [*prefix[:least], *([items] if items is not None and least > len(prefix) else [])]
            return all(_ends(item, ending) for item in needed)
        case Object(properties=properties, required=required, extra=extra, min_extra=least):
            needed = [value for name, value in properties if name in required]
            needed += [extra] if extra is not None and least else []
            return all(_ends(value, ending) for value in needed)
    return True


def disjoint(branches: Sequence[Node], document: Document) -> bool:
    """Whether no value satisfies two of the branches. False also where that can't be told."""
    return all(_apart(one, other, document, _DEEPEST) for one, other in combinations(branches, 2))


def _apart(one: Node, other: Node, document: Document, depth: int) -> bool:
    if depth == 0:
        return False
    for left, right in ((one, other), (other, one)):
        if isinstance(left, Reference):
            return _apart(document.definitions[left.name], right, document, depth - 1)
        if isinstance(left, Choice):
            return all(_apart(branch, right, document, depth - 1) for branch in left.branches)
    if isinstance(one, Literals) and isinstance(other, Literals):
        return not set(one.texts) & set(other.texts)
    if isinstance(one, Object) and isinstance(other, Object):
        mine, its = dict(one.properties), dict(other.properties)
        both = one.required & other.required & mine.keys() & its.keys()
        return any(_apart(mine[name], its[name], document, depth - 1) for name in both)
    return not _kinds(one) & _kinds(other)


def _kinds(node: Node) -> set[str]:
    match node:
        case Text():
            return {"string"}
        case Integer() | Number():
            return {"number"}
        case Array():
            return {"array"}
        case Object():
            return {"object"}
        case Literals(texts=texts):
            return {_KIND_OF[type(json.loads(text))] for text in texts}
        case Anything():
            return set(_KIND_OF.values())
    raise AssertionError(f"{node} is no leaf")


_KIND_OF: Mapping[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "object",
}
