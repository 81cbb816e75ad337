"""RSS 2.0 of requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

MEDIA_TYPE = "application/rss+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Item:
    """One request: what it is called, where it is shown, since when, and its category if told."""

    title: str
    link: str
    at: datetime
    category: str = ""


def written(title: str, link: str, about: str, language: str, items: Iterable[Item]) -> bytes:
    """The feed. A request's address is its mark, so that a reader shows it once."""
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    _say(channel, title=title, link=link, description=about, language=language)
    for one in items:
        item = SubElement(channel, "item")
        _say(item, title=one.title, link=one.link, guid=one.link)
        if one.category:
            _say(item, category=one.category)
        _say(item, pubDate=format_datetime(one.at))
    declared: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return declared


def _say(parent: Element, **texts: str) -> None:
    """A sign that cannot be printed has no place in XML."""
    for name, text in texts.items():
        SubElement(parent, name).text = "".join(sign for sign in text if sign.isprintable())
