"""The page on which one picks the person to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby

from .people import Person

STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;
color:#1b1b1b;background:#fff}
.notice{border-left:.25rem solid #b45309;padding:.25rem .75rem;background:#fef3c7}
ul{list-style:none;padding:0;display:grid;gap:.5rem;
grid-template-columns:repeat(auto-fill,minmax(18rem,1fr))}
button{width:100%;min-height:2.75rem;font:inherit;text-align:left;padding:.5rem .75rem;
border:1px solid #6b7280;border-radius:.5rem;background:#fff;color:inherit;cursor:pointer}
button:hover{background:#f3f4f6}
button:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
small{display:block;color:#4b5563}
"""


def picker(people: Iterable[Person], hidden: Mapping[str, str], nonce: str) -> str:
    """The form with one button for each person; `hidden` is the authorization request."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    groups = "".join(
        f"<h2>{title}</h2><ul>{''.join(_button(person) for person in members)}</ul>"
        for title, members in groupby(people, _title)
    )
    return _page(
        "Kim olarak? / Who are you?",
        '<p class="notice">Yalnızca geliştirme içindir: bu kişiler gerçek değildir.<br>'
        '<span lang="en">For development only: none of these people exists.</span></p>'
        f'<form method="post">{kept}{groups}</form>',
        nonce,
    )


def refusal(nonce: str) -> str:
    """What is shown instead of a redirect to an address that is not ours."""
    return _page(
        "Geçersiz istek / Invalid request",
        "<p>İstemci bilinmiyor ya da dönüş adresi bu bilgisayarda değil.<br>"
        '<span lang="en">The client is unknown, or its redirect address is not on this '
        "computer.</span></p>",
        nonce,
    )


def _title(person: Person) -> str:
    if person.citizen:
        return 'Yurttaşlar / <span lang="en">Citizens</span>'
    if person.groups == ("platform",):
        return "Platform"
    return 'Belediye / <span lang="en">Municipality</span>'


def _button(person: Person) -> str:
    return (
        f'<li><button name="subject" value="{escape(person.subject)}">{escape(person.tr)}'
        f'<small lang="en">{escape(person.en)}</small></button></li>'
    )


def _page(title: str, body: str, nonce: str) -> str:
    return (
        f'<!doctype html><html lang="tr"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<style nonce="{nonce}">{STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
