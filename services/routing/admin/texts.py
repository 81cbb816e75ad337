"""The step for a municipality's own words on the citizen site, and its languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.datastructures import FormData

from libs.tenants.texts import LONGEST_NOTICE, LONGEST_SENTENCE
from libs.text import said

from .frame import Read, View, texts

BOTH = {
    "welcome": (
        said("Welcome on the first page"),
        said("It stands below “What does your street need?”."),
    ),
    "promise": (
        said("Beside the promised day"),
        said("Such as: we call you before we come. It stands where a day is promised."),
    ),
    "sent": (
        said("After sending"),
        said("Such as: thank you. It stands above the number of the request."),
    ),
    "emergency": (
        said("In an emergency"),
        said("Whom one calls when there is danger. Emergency numbers can be tapped."),
    ),
}
"""What is said in both languages: what it is called, and what it is for."""

ONCE = ("telephone", "email", "address", "privacy_url")


class Texts:
    """Each may lack; Sokak's words stand there then."""

    code = "texts"

    def told(self, view: View) -> Mapping[str, Any]:
        """The draft's words; an English one that is the Turkish one is left empty."""
        own = view.document.get("texts") or {}
        told = {f"texts-{name}": own.get(name) or "" for name in ONCE}
        told["english"] = "en" if "en" in view.document.get("languages", ("en",)) else ""
        for name in (*BOTH, "privacy"):
            both = own.get(name) or {"tr": "", "en": ""}
            told[f"texts-{name}-tr"] = both["tr"]
            told[f"texts-{name}-en"] = both["en"] if both["en"] != both["tr"] else ""
        return told

    async def read(self, view: View, form: FormData) -> Read:
        """What was sent; what lacks in English is the Turkish one."""
        told = texts(form)
        languages = ["tr", "en"] if told.get("english") else ["tr"]
        return Read(told, {"texts": dict(_read(told)) or None, "languages": languages})

    async def more(self, view: View) -> Mapping[str, Any]:
        """What the fields are called, and how long they may be."""
        return {"both": BOTH, "most": LONGEST_SENTENCE, "most_of_notice": LONGEST_NOTICE}


def _read(told: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name in (*BOTH, "privacy"):
        turkish, english = (told.get(f"texts-{name}-{code}", "") for code in ("tr", "en"))
        if turkish or english:
            yield name, {"tr": turkish, "en": english or turkish}
    for name in ONCE:
        if told.get(f"texts-{name}"):
            yield name, told[f"texts-{name}"]
