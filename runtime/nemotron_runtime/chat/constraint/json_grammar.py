"""Constraints as a grammar of JSON.

Written here, not by the engine's own converter: that one lets raw control characters and tokens of marks into
strings with a length, admits no escape there, and takes seconds to compile them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count

from nemotron_runtime.chat.constraint import ranges, text
from nemotron_runtime.chat.constraint.node import (
    ANYTHING,
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
from nemotron_runtime.chat.constraint.tag import Format, grammar, quoted, regex_rule

# White space behind "," and ":", and inside of brackets.
LAID_OUT = ("gap ::= [ \\n\\t]{0,20}", "pad ::= [ \\n\\t]{0,20}")
ONE_LINE = ("gap ::= [ ]{0,1}", 'pad ::= ""')

COMMA = '"," gap'

_MEMBERS_OF_ANYTHING = (
    Text(),
    Number(),
    Literals(("true", "false", "null")),
    Array(items=ANYTHING),
    Object(extra=ANYTHING),
)


def json_grammar(document: Document, *, laid_out: bool) -> Format:
    """The grammar of all JSON texts that a document admits.

    Args:
        laid_out: Admits line breaks and indentation; else at most one space behind ``,`` and ``:``.
    """
    writer = _Writer(document.definitions)
    root = writer.name(document.root)
    return grammar(f"root ::= {root}", *(LAID_OUT if laid_out else ONE_LINE), *writer.rules)


class _Writer:
    """Writes each node once, as a rule of its own."""

    def __init__(self, definitions: Mapping[str, Node]) -> None:
        self.rules: list[str] = []
        self._definitions = definitions
        self._names: dict[Node, str] = {}
        self._numbers = count()

    def name(self, node: Node) -> str:
        """The rule of a node, which is written where it isn't yet."""
        if node not in self._names:
            # Named before it is written: a definition may contain itself.
            name = self._names[node] = f"n{next(self._numbers)}"
            self._write(node, name)
        return self._names[node]

    def _write(self, node: Node, name: str) -> None:
        match node:
            case Text():
                self.rules += text.json_rules(node, name)
            case Integer():
                self.rules.append(regex_rule(name, ranges.integer(node)))
            case Number():
                self.rules.append(regex_rule(name, ranges.number(node)))
            case Literals(texts=texts):
                self._rule(name, *map(quoted, texts))
            case Array():
                self._array(node, name)
            case Object():
                self._object(node, name)
            case Choice(branches=branches):
                self._rule(name, *map(self.name, branches))
            case Reference(name=definition):
                self._rule(name, self.name(self._definitions[definition]))
            case Anything():
                self._rule(name, *(self.name(member) for member in _MEMBERS_OF_ANYTHING))

    def _rule(self, name: str, *forms: str) -> None:
        self.rules.append(f"{name} ::= {' | '.join(forms)}")

    def _array(self, node: Array, name: str) -> None:
        forms = [] if node.min_items else ['"[" pad "]"']
        inside = self._items(node, name)
        if inside:
            forms.append(f'"[" pad {inside} pad "]"')
        self._rule(name, *forms)

    def _items(self, node: Array, name: str) -> str:
        """One item or more; empty where there can't be one."""
        if not node.prefix:
            if node.items is None or node.max_items == 0:
                return ""
            item = self.name(node.items)
            most = None if node.max_items is None else node.max_items - 1
            return f"{item} {_times(f'({COMMA} {item})', max(0, node.min_items - 1), most)}"
        for place in range(1, len(node.prefix)):
            forms = [f"{COMMA} {self.name(node.prefix[place])} {name}_{place + 1}"]
            self._rule(f"{name}_{place}", *forms, *(() if place < node.min_items else ('""',)))
        self._rule(f"{name}_{len(node.prefix)}", self._items_behind_prefix(node))
        return f"{self.name(node.prefix[0])} {name}_1"

    def _items_behind_prefix(self, node: Array) -> str:
        if node.items is None:
            return '""'
        known = len(node.prefix)
        most = None if node.max_items is None else node.max_items - known
        return _times(f"({COMMA} {self.name(node.items)})", max(0, node.min_items - known), most)

    def _object(self, node: Object, name: str) -> None:
        forms = [] if node.required or node.min_extra else ['"{" pad "}"']
        inside = self._members(node, name) if node.properties else self._extras(node, name)
        if inside:
            forms.append(f'"{{" pad {inside} pad "}}"')
        self._rule(name, *forms)

    def _extras(self, node: Object, name: str) -> str:
        """One undeclared member or more; empty where there can't be one."""
        if node.extra is None or node.max_extra == 0:
            return ""
        member = self._extra(node, name)
        most = None if node.max_extra is None else node.max_extra - 1
        return f"{member} {_times(f'({COMMA} {member})', max(0, node.min_extra - 1), most)}"

    def _extra(self, node: Object, name: str) -> str:
        assert node.extra is not None
        taken = [declared for declared, _ in node.properties]
        regex = f"\\x22{node.names.regex}\\x22" if node.names else text.other_names(taken)
        self.rules.append(regex_rule(f"{name}_key", regex))
        self._rule(f"{name}_extra", f'{name}_key ":" gap {self.name(node.extra)}')
        return f"{name}_extra"

    def _members(self, node: Object, name: str) -> str:
        """One member or more, declared ones in order.

        ``first_i`` writes the first member, from property i on; ``next_i`` what comes behind a member.
        """
        last = len(node.properties)
        behind, first = '""', ""
        if node.extra is not None:
            extra = self._extra(node, name)
            behind = f"({COMMA} {extra})*"
            first = f"{extra} {name}_next_{last}"
        self._rule(f"{name}_next_{last}", behind)
        for place in range(last - 1, -1, -1):
            declared, value = node.properties[place]
            key = quoted(json.dumps(declared, ensure_ascii=False))
            member = f'{key} ":" gap {self.name(value)} {name}_next_{place + 1}'
            skipped = () if declared in node.required else (f"{name}_next_{place + 1}",)
            self._rule(f"{name}_next_{place}", f"{COMMA} {member}", *skipped)
            self._rule(f"{name}_first_{place}", member, *((first,) if first and skipped else ()))
            first = f"{name}_first_{place}"
        return first


def _times(form: str, least: int, most: int | None) -> str:
    if most is None:
        return f"{form}*" if least == 0 else f"{form}{{{least},}}"
    return f"{form}{{{least},{most}}}" if most else '""'
