"""Constraints as the inside of a tool call, in the model's own form and nothing wider.

::

    <parameter=K>
    V
    </parameter>

A string stands as it is, all else as JSON on one line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from nemotron_runtime.chat.constraint import text
from nemotron_runtime.chat.constraint.json_grammar import json_grammar
from nemotron_runtime.chat.constraint.node import Anything, Choice, Document, Literals, Node, Object, Text
from nemotron_runtime.chat.constraint.tag import (
    Format,
    chosen,
    const,
    grammar,
    optional,
    regex_rule,
    repeated,
    sequence,
)

_ANY_NAME = "[^\\x00-\\x20\\x3c-\\x3e\\x7f]{1,64}"


def parameters(document: Document) -> Format:
    """All parameters of a call. The root is an object, or a choice of objects."""
    root = document.root
    branches = root.branches if isinstance(root, Choice) else (root,)
    return chosen([_parameters(branch, document) for branch in branches if isinstance(branch, Object)])


def _parameters(node: Object, document: Document) -> Format:
    names = [name for name, _ in node.properties]
    parts = []
    for name, value in node.properties:
        part = _closed(value, f"<parameter={name}>\n", document, names)
        parts.append(part if name in node.required else optional(part))
    if node.extra is not None:
        begin = (const("<parameter="), grammar(regex_rule("root", _ANY_NAME)))
        parts.append(repeated(sequence(*begin, _closed(node.extra, ">\n", document, names))))
    return sequence(*parts) if parts else const("")


def _closed(node: Node, begin: str, document: Document, names: Sequence[str]) -> Format:
    return sequence(_value(node, begin, document, names), const("\n</parameter>\n"))


def _value(node: Node, begin: str, document: Document, names: Sequence[str]) -> Format:
    """A value and the text in front of it."""
    match node:
        case Text():
            return text.value(node, begin, names)
        case Anything():
            return text.value(Text(), begin, names)
        case Literals(texts=texts):
            return sequence(const(begin), chosen([const(_shown(literal)) for literal in texts]))
        case Choice(branches=branches):
            return chosen([_value(branch, begin, document, names) for branch in branches])
    value = json_grammar(Document(node, document.definitions), laid_out=False)
    return sequence(const(begin), value)


def _shown(literal: str) -> str:
    value = json.loads(literal)
    return value if isinstance(value, str) else literal
