"""Do a citizen's words speak of danger to life? Then he is told whom to call before he goes on.

A report waits until somebody reads it, so it is the wrong way to ask for help. To be told once too
often costs a glance; what is common and harmless is left out all the same, or nobody looks any
more: lamps that burn by day, illegal buildings that should fall, dogs that are hurt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from libs.tenants import Tenant
from libs.text import said, words
from libs.text.stems import meets, start, starts

CALLED = {
    "112": said("Emergency call centre"),
    "185": said("Water and sewerage"),
    "186": said("Electricity faults"),
    "187": said("Natural gas emergency"),
}
"""Türkiye's numbers. A municipality with words of its own on emergencies has these instead."""


@dataclass(frozen=True, slots=True)
class Danger:
    """What is feared, in words, and the numbers to call, the first one first."""

    words: str
    numbers: tuple[str, ...] = ("112",)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Each number with who answers."""
        return [(number, CALLED[number]) for number in self.numbers]


_FEARED: Mapping[Danger, tuple[str, ...]] = {
    Danger(said("This sounds like a gas leak."), ("112", "187")): (
        *("gaz koku", "gaz kok", "gaz kaçağ", "gaz kaçak", "gaz kaçı", "gaz sız"),
        *("doğalgaz koku", "doğalgaz kok", "doğalgaz kaçağ", "doğalgaz kaçak", "doğalgaz kaçı"),
        *("doğalgaz sız", "doğalgaz patla", "gaz patla", "tüp patla", "karbonmonoksit"),
        *("gas leak", "gas smell", "smell gas", "smells gas", "smelling gas"),
    ),
    Danger(said("This sounds like a dangerous power line."), ("112", "186")): (
        *("kablo sark", "kablo kop", "kablo yer", "kablo düş", "kablo açık", "açık kablo"),
        *("açıkta kablo", "kopan kablo", "kopmuş kablo", "kopuk kablo", "sarkan kablo"),
        *("elektrik tel kop", "elektrik tel sark", "elektrik tel yer", "elektrik tel düş"),
        *("kopan elektrik", "elektrik çarp", "direk devril", "direk yıkıl", "trafo patla"),
        *("trafo yan", "power line down", "downed power", "downed line", "fallen power"),
        *("fallen wire", "fallen cable", "live wire", "wire down", "cable ground", "electrocut"),
    ),
    Danger(said("This sounds like a fire.")): (
        *("yangın çık", "yangın var", "yangın baş", "yangın yayıl", "yangın sar", "alev al"),
        *("alevler", "bina yanıyor", "ev yanıyor", "araba yanıyor", "araç yanıyor"),
        *("çatı yanıyor", "çöp yanıyor", "konteyner yanıyor", "ot yanıyor", "ağaç yanıyor"),
        *("orman yanıyor", "duman çık", "on fire", "house fire", "building fire", "fire broke"),
        *("forest fire",),
    ),
    Danger(said("This sounds like a flood."), ("112", "185")): (
        *("su bastı", "su basıyor", "su basmış", "su baskın", "su altında", "sel bas"),
        *("sel sular", "sele kapıl", "suya kapıl", "sel geldi"),
        *("flooded", "flooding", "flash flood"),
    ),
    Danger(said("This sounds as if something is falling down.")): (
        *("bina çöktü", "bina çöküyor", "bina çökmüş", "bina yıkıldı", "ev çöktü"),
        *("duvar çöktü", "duvar çöküyor", "duvar çökmüş", "duvar yıkıldı", "duvar devril"),
        *("apartman çöktü", "köprü çöktü", "çatı çöktü", "çatı çöküyor", "balkon düş"),
        *("balkon çök", "iskele çöktü", "vinç devril", "yıkılmak üzere", "çökmek üzere"),
        *("devrilmek üzere", "yıkılacak gibi", "üzerimize devril", "üstümüze devril"),
        *("üzerimize yıkıl", "göçük alt", "enkaz alt", "collapsed", "collapsing"),
        *("about to collapse", "about to fall"),
    ),
    Danger(said("This sounds like a danger to life.")): (
        *("mahsur", "boğuluyor", "bayıldı", "baygın", "nefes almıyor", "intihar", "zehirlend"),
        *("patlama oldu", "patlama ses", "yaralı kişi", "yaralı insan", "yaralı çocuk"),
        *("ağır yaralı", "hayati tehlike", "ölüm tehlike", "silahlı", "silah ses", "bıçakla"),
        *("trapped", "drowning", "unconscious", "not breathing", "explosion", "injured person"),
        *("gunshot", "suicide"),
    ),
}
"""Phrases of stems by what they tell of; what comes first decides."""

URGENT = Danger(said("This may be a danger to life."))


def _by_start() -> dict[str, list[tuple[int, tuple[str, ...], Danger]]]:
    found: dict[str, list[tuple[int, tuple[str, ...], Danger]]] = defaultdict(list)
    for rank, (danger, phrases) in enumerate(_FEARED.items()):
        for phrase in phrases:
            stems = tuple(words(phrase))
            found[start(stems[0])].append((rank, stems, danger))
    return found


_PHRASES = _by_start()


def feared(text: str, tenant: Tenant | None = None, category: str | None = None) -> Danger | None:
    """What danger the words speak of; else whether the tenant calls the category urgent."""
    return _spoken_of(words(text)) or _of_category(tenant, category)


def _spoken_of(spoken: list[str]) -> Danger | None:
    met = [
        (rank, danger)
        for place, word in enumerate(spoken)
        for beginning in starts(word)
        for rank, stems, danger in _PHRASES.get(beginning, ())
        if meets(stems, spoken, place)
    ]
    return min(met, key=lambda one: one[0])[1] if met else None


def _of_category(tenant: Tenant | None, code: str | None) -> Danger | None:
    """An urgent category's; of the body that answers for it, if that has a number to call."""
    category = tenant.category(code) if tenant and code else None
    if tenant is None or category is None or category.priority != "urgent":
        return None
    body = tenant.body(category.body)
    numbers = dict.fromkeys((*URGENT.numbers, body.contact if body else None))
    return Danger(URGENT.words, tuple(one for one in numbers if one in CALLED))
