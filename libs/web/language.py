"""Turkish and English: catalogues of gettext, numbers, dates and sorting as each writes them.

What is written in code and templates is English; `locale/tr/LC_MESSAGES/*.po` beside each
part's templates has the Turkish. A page speaks Turkish unless its reader asked for English.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations

from libs.events import Names
from libs.tenants.texts import Notice, Sentence
from libs.text import Said

Code = Literal["tr", "en"]
CODES: tuple[Code, ...] = ("tr", "en")
COOKIE = "sokak_language"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Language:
    """How a page speaks."""

    code: Code
    translations: NullTranslations

    @cached_property
    def locale(self) -> Locale:
        """Babel's."""
        return Locale.parse(self.code)

    def text(self, message: str, /, **values: Any) -> str:
        """A message, with `%(name)s` filled in."""
        if isinstance(message, Said):
            values = {**message.values, **values}
            message = message.message
        told = self.translations.ugettext(message)
        return told % values if values else told

    def of(self, names: Names | Sentence | Notice | None) -> str:
        """A name or a text in this language; nothing for none."""
        return "" if names is None else str(getattr(names, self.code))

    def short(self, names: Names) -> str:
        """What stands on a street plate: `Keçiören` of `Keçiören Belediyesi`."""
        return self.of(names).replace(" Belediyesi", "").replace(" Municipality", "")

    def number(self, value: float, digits: int = 0) -> str:
        """`9.412` or `2,6`."""
        return _number(self.code, round(value, digits) or 0, digits)

    def percent(self, share: float, digits: int = 1) -> str:
        """`%87,4` or `87.4%` of a share between 0 and 1."""
        zeros = "." + "0" * digits if digits else ""
        pattern = f"%#,##0{zeros}" if self.code == "tr" else f"#,##0{zeros}%"
        return format_percent(round(share, digits + 2), pattern, locale=self.locale)

    def day(self, day: date | datetime, zone: str | None = None, *, year: bool = False) -> str:
        """`7 Aralık Pazartesi`, `Monday 7 December`."""
        return _day(self.code, _local(day, zone), year)

    def short_day(self, day: date | datetime, zone: str | None = None) -> str:
        """`7 Ara`, `7 Dec`."""
        return format_date(_local(day, zone), "d MMM", locale=self.locale)

    def clock(self, moment: datetime, zone: str) -> str:
        """`14:32`."""
        return format_time(moment, "HH:mm", tzinfo=ZoneInfo(zone), locale=self.locale)

    def moment(self, moment: datetime, zone: str) -> str:
        """`7 Aralık 14:32`, with the year where it is not this one."""
        local = moment.astimezone(ZoneInfo(zone))
        pattern = "d MMMM" if local.year == datetime.now(ZoneInfo(zone)).year else "d MMMM yyyy"
        return f"{format_date(local.date(), pattern, locale=self.locale)} {local:%H:%M}"

    def age(self, seconds: float) -> str:
        """`40 s`, `3 min`, `5 h`, `4 days`: how long something has lasted, in one unit."""
        whole = round(seconds)
        if whole < 60:
            return self.text("%(n)s s", n=self.number(whole))
        if whole < 3600:
            return self.text("%(n)s min", n=whole // 60)
        if whole < 2 * 86400:
            return self.text("%(n)s h", n=whole // 3600)
        return self.text("%(n)s days", n=self.number(whole // 86400))

    def sorted(self, names: Iterable[str]) -> list[str]:
        """In the order of the alphabet, Ç Ğ İ Ö Ş Ü at their places."""
        return sorted(names, key=alphabetical)


_ALPHABET = {letter: place for place, letter in enumerate("abcçdefgğhıijklmnoöpqrsştuüvwxyz")}


def alphabetical(name: str) -> tuple[int, ...]:
    """A key that sorts as the Turkish alphabet does."""
    lower = name.replace("I", "ı").replace("İ", "i").lower()
    return tuple(100 + _ALPHABET[one] if one in _ALPHABET else ord(one) % 100 for one in lower)


def _local(day: date | datetime, zone: str | None) -> date:
    if isinstance(day, datetime):
        return day.astimezone(ZoneInfo(zone or "UTC")).date()
    return day


# A table of a year has a thousand numbers and dates, most of them again and again.


@lru_cache(maxsize=8192)
def _number(code: Code, value: float, digits: int) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, locale=code)


@lru_cache(maxsize=2048)
def _day(code: Code, day: date, year: bool) -> str:
    named = format_date(day, "d MMMM yyyy" if year else "d MMMM", locale=code)
    weekday = format_date(day, "EEEE", locale=code)
    return f"{named} {weekday}" if code == "tr" else f"{weekday} {named}"


@lru_cache(maxsize=16)
def languages(*folders: Path) -> dict[Code, Language]:
    """Both languages, with the catalogues in `locale` of these folders put together."""
    turkish = Translations()
    for folder in (HERE, *folders):
        for file in sorted((folder / "locale" / "tr" / "LC_MESSAGES").glob("*.po")):
            compiled = io.BytesIO()
            with file.open("rb") as source:
                write_mo(compiled, read_po(source, locale="tr"))
            compiled.seek(0)
            turkish.merge(Translations(compiled))
    return {"tr": Language("tr", turkish), "en": Language("en", NullTranslations())}
