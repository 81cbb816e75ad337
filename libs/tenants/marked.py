"""YAML that remembers where everything stood, and how one file goes over another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

KEYS = ("code", "date")
"""What tells the items of a list apart."""

_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that is looked at as a whole."""

    value: object


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a document; `where` names its file and line."""

    content: dict[str, Node] | list[Node] | Plain
    where: str

    def plain(self) -> object:
        """The value without its places."""
        if isinstance(self.content, Plain):
            return self.content.value
        if isinstance(self.content, list):
            return [item.plain() for item in self.content]
        return {name: item.plain() for name, item in self.content.items()}

    def get(self, name: str) -> Node | None:
        """A field of a mapping."""
        return self.content.get(name) if isinstance(self.content, dict) else None

    def key(self) -> str | None:
        """What tells this item of a list from the others."""
        for name in KEYS:
            field = self.get(name)
            if field is not None and isinstance(field.content, Plain):
                return str(field.content.value)
        return None

    def find(self, place: Sequence[str | int]) -> tuple[Node, str]:
        """The deepest node on the way to a place, and the way in a reader's words."""
        node, words = self, list[str]()
        for step in place:
            below: Node | None = None
            if isinstance(node.content, dict):
                below = node.content.get(str(step))
            elif isinstance(node.content, list) and isinstance(step, int):
                below = node.content[step] if step < len(node.content) else None
            words.append((below.key() if below and isinstance(step, int) else None) or str(step))
            if below is None:
                break
            node = below
        return node, ".".join(words)


class UnreadableError(Exception):
    """The file is no YAML of the kind that is read here."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where
        self.message = message


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain values only: 13:30 is a time for people, `no` a word, a date a text."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("!null", re.compile(r"^(null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("!bool", re.compile(r"^(true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("!int", re.compile(r"^-?\d+$"), list("-0123456789"))
_Loader.add_implicit_resolver("!float", re.compile(r"^-?\d+\.\d+$"), list("-0123456789"))


def read(path: Path, *, repeats: bool = True) -> Node:
    """Read a YAML file. Raises UnreadableError with the line.

    Without `repeats` a part that another one refers to is refused: a few lines of such references
    can stand for more than a computer holds.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableError(str(path), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableError(str(path), "is not UTF-8: save it as UTF-8") from None
    try:
        if not repeats and any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(text)):
            raise UnreadableError(str(path), "repeats parts by reference (`*name`): write them out")
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise UnreadableError(where, f"is not sound YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise UnreadableError(str(path), f"is not sound YAML: {error}") from None
    if not isinstance(root, yaml.MappingNode):
        raise UnreadableError(str(path), "must be a mapping: lines of `field: value`")
    return _node(root, path, 0)


def over(base: Node, upper: Node) -> Node:
    """`upper` over `base`: mappings by field, lists by their items' codes or dates, else whole.

    An item with `omit: true` takes the one of its code away.
    """
    if isinstance(base.content, dict) and isinstance(upper.content, dict):
        fields = dict(base.content)
        for name, node in upper.content.items():
            fields[name] = over(fields[name], node) if name in fields else node
        return Node(fields, upper.where)
    if isinstance(base.content, list) and isinstance(upper.content, list):
        keys = [item.key() for item in (*base.content, *upper.content)]
        if all(key is not None for key in keys) and _distinct(base) and _distinct(upper):
            return Node(_by_key(base.content, upper.content), upper.where)
    return upper


def _distinct(node: Node) -> bool:
    """Repeated items are left for the check that reports them."""
    items = node.content if isinstance(node.content, list) else []
    return len({item.key() for item in items}) == len(items)


def _by_key(base: list[Node], upper: list[Node]) -> list[Node]:
    items = {item.key(): item for item in base}
    for item in upper:
        key, omit = item.key(), item.get("omit")
        if omit is not None and omit.plain() is True:
            items.pop(key, None)
        else:
            items[key] = over(items[key], item) if key in items else item
    return list(items.values())


def _node(node: yaml.Node, path: Path, depth: int) -> Node:
    where = f"{path}:{node.start_mark.line + 1}"
    if depth > _DEEPEST:
        raise UnreadableError(where, "is nested too deeply: does an anchor refer to itself?")
    if isinstance(node, yaml.ScalarNode):
        return Node(Plain(_scalar(node)), where)
    if isinstance(node, yaml.SequenceNode):
        return Node([_node(item, path, depth + 1) for item in node.value], where)
    fields: dict[str, Node] = {}
    for name, value in node.value:
        at = f"{path}:{name.start_mark.line + 1}"
        if not isinstance(name, yaml.ScalarNode):
            raise UnreadableError(at, "a field's name must be a word")
        if name.value in fields:
            raise UnreadableError(at, f"'{name.value}' is there twice: keep one")
        fields[name.value] = _node(value, path, depth + 1)
    return Node(fields, where)


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    match node.tag:
        case "!null":
            return None
        case "!bool":
            return text == "true"
        case "!int":
            return int(text) if len(text) < 20 else text
        case "!float":
            return float(text)
    return text
