"""The step for names, kind, web site and time zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from starlette.datastructures import FormData

from libs.text import said

from .frame import Read, View, texts

KINDS = {
    "district": said("District municipality"),
    "metropolitan": said("Metropolitan municipality"),
    "other": said("Another public body"),
}
ZONES = ("Europe/Istanbul", "Europe/Berlin", "Europe/London", "America/New_York", "UTC")


class Organisation:
    """Names, kind, the one above it, web site, time zone."""

    code = "organisation"

    def told(self, view: View) -> Mapping[str, Any]:
        """What the form shows of the document."""
        document = view.document
        names = document.get("names") or {}
        return {
            "name_tr": names.get("tr", ""),
            "name_en": names.get("en", ""),
            **{
                name: document.get(name) or "" for name in ("kind", "parent", "domain", "time_zone")
            },
        }

    async def read(self, view: View, form: FormData) -> Read:
        """What was sent; a name that lacks in English is the Turkish one."""
        told = texts(form)
        turkish = told.get("name_tr", "")
        fields: dict[str, Any] = {
            "names": {"tr": turkish, "en": told.get("name_en") or turkish},
            **{name: told.get(name) or None for name in ("kind", "parent", "domain", "time_zone")},
        }
        if fields["domain"]:
            fields["domain"] = plain_domain(fields["domain"])
        return Read(told, fields)

    async def more(self, view: View) -> Mapping[str, Any]:
        """The kinds, the municipalities above it, the time zones."""
        above = [one for one in view.service.tenants.all() if one.slug != view.slug]
        zones = sorted(available_timezones() - set(ZONES))
        return {"kinds": KINDS, "above": above, "zones": (*ZONES, *zones)}


def plain_domain(typed: str) -> str:
    """A host name as it is stored, of what people write: `https://www.Ornek.bel.tr/` too."""
    host = typed.lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    return host.removeprefix("www.").rstrip(".")
