"""Which category do a citizen's words speak of? Keywords of the tenant's own taxonomy, no model.

A keyword is a stem or a phrase of stems, as people of the field write them: `çukur`, `çöp topla`,
`su kesinti`. Text and keywords are folded to plain letters, because people type Turkish without
its dots and tails; a stem meets every word that begins with it, and the softened forms that
Turkish gives it (`köpek`, `köpeği`). Short stems meet only the word itself and its endings, else
`su` would meet `susam`. Phrases may have two words between their parts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libs.tenants import Tenant, TenantCategory
from libs.text import words

SHORT = 4
"""Stems up to this many letters need a Turkish ending after them, longer ones anything."""

GAP = 2
"""Words that may stand between two parts of a phrase."""

PRIOR = 0.7
"""How much evidence it takes to be believed: a lone keyword of middling length gives 0.6."""

MOST_FITS = 3
MOST_TERMS = 8
LONGEST_TERM = 100

_SOFTENED = {"k": "g", "p": "b", "t": "d"}  # ç becomes c, which folding has done already
_ENDINGS = re.compile(
    r"(l[iu]|s[iu]z)?"
    r"(l[ae]r)?"
    r"(s[iu]|y?[iu][mn]?|(y?[iu])?[mn][iu]z)?"
    r"(y?[aeiu]|n?[iu]n|[dt][ae]n?|n[aeiu]|nd[ae]n?|y?l[ae])?"
    r"(ki)?(d[iu]r)?"
)


@dataclass(frozen=True, slots=True)
class Fit:
    """A category that the words speak of. `terms` are the tenant's keywords, never other words."""

    category: str
    confidence: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Keyword:
    stems: tuple[str, ...]
    exact: bool
    category: str
    weight: float
    term: str | None


class Classifier:
    """The keywords of one tenant's taxonomy, ready to be looked for."""

    def __init__(self, categories: Iterable[TenantCategory]) -> None:
        by_start: dict[str, list[_Keyword]] = defaultdict(list)
        chosen = tuple(categories)
        for keyword in (*_keywords(chosen), *_names(chosen)):
            by_start[_start(keyword.stems[0])].append(keyword)
        self._by_start = dict(by_start)

    def fits(self, text: str) -> tuple[Fit, ...]:
        """The best fitting categories, best first; none where no keyword is in the text.

        The confidence is the best one's share of the evidence for it, for its strongest rival
        and for neither (`PRIOR`), so that two equally good categories are both doubtful.
        """
        evidence: dict[str, float] = defaultdict(float)
        terms: dict[str, dict[str, float]] = defaultdict(dict)
        for keyword in self._found(words(text)):
            evidence[keyword.category] += keyword.weight
            if keyword.term is not None:
                terms[keyword.category][keyword.term] = keyword.weight
        best = sorted(evidence.items(), key=lambda item: (-item[1], item[0]))[: MOST_FITS + 1]
        return tuple(
            Fit(code, _confidence(weight, _rival(best, place)), _ranked(terms[code]))
            for place, (code, weight) in enumerate(best[:MOST_FITS])
        )

    def _found(self, spoken: Sequence[str]) -> set[_Keyword]:
        """What the words contain; of keywords of one category at one place the weightiest."""
        best: dict[tuple[str, int], _Keyword] = {}
        for place, word in enumerate(spoken):
            for start in dict.fromkeys((word[:3], word[:2], word[:1])):
                for keyword in self._by_start.get(start, ()):
                    former = best.get((keyword.category, place))
                    if former is not None and former.weight >= keyword.weight:
                        continue
                    if _meets(keyword, spoken, place):
                        best[keyword.category, place] = keyword
        return set(best.values())


def _keywords(categories: Sequence[TenantCategory]) -> Iterable[_Keyword]:
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for category in categories:
        for keyword in category.keywords:
            owners[tuple(words(keyword))].add(category.code)
    for category in categories:
        for keyword in dict.fromkeys(category.keywords):
            stems = tuple(words(keyword))
            if not stems:
                continue
            length = min(max(sum(map(len, stems)), 3), 12)
            weight = (0.7 + 0.06 * length) * (1.5 if len(stems) > 1 else 1.0)
            yield _Keyword(
                stems,
                keyword.endswith(" "),
                category.code,
                weight / len(owners[stems]) ** 0.5,
                keyword.strip()[:LONGEST_TERM],
            )


def _names(categories: Sequence[TenantCategory]) -> Iterable[_Keyword]:
    """A category's own name speaks for it too, though faintly: its words are also common ones."""
    owners: dict[str, set[str]] = defaultdict(set)
    for category in categories:
        stems = [stem for keyword in category.keywords for stem in words(keyword)]
        for word in words(f"{category.names.tr} {category.names.en}"):
            if not any(word.startswith(stem) for stem in stems):  # counted as a keyword already
                owners[word].add(category.code)
    for word, codes in owners.items():
        if len(word) > SHORT and len(codes) <= 3:
            for code in sorted(codes):
                yield _Keyword((word,), False, code, 0.35 / len(codes), None)


def _start(stem: str) -> str:
    """Letters by which a stem is looked up; the last one is left out, as it may soften."""
    return stem[:3] if len(stem) > 3 else stem[:2]


def _meets(keyword: _Keyword, spoken: Sequence[str], place: int) -> bool:
    last = len(keyword.stems) - 1
    for part, stem in enumerate(keyword.stems):
        loose = part == last and not keyword.exact
        reach = (place,) if part == 0 else range(place + 1, min(place + GAP + 2, len(spoken)))
        for at in reach:
            if _begins(stem, spoken[at], loose=loose, alone=last == 0):
                place = at
                break
        else:
            return False
    return True


def _begins(stem: str, word: str, *, loose: bool, alone: bool) -> bool:
    rest = _rest(stem, word)
    if rest is None:
        return False
    if len(stem) > SHORT or (loose and not alone and len(stem) > 2):
        return True
    return _ENDINGS.fullmatch(rest) is not None


def _rest(stem: str, word: str) -> str | None:
    """What follows the stem in the word; None where the word does not begin with it."""
    if word.startswith(stem):
        return word[len(stem) :]
    soft = _SOFTENED.get(stem[-1])
    if soft and 2 < len(stem) < len(word) and word.startswith(stem[:-1] + soft):
        return word[len(stem) :]
    return None


def _rival(best: Sequence[tuple[str, float]], place: int) -> float:
    if place > 0:
        return best[0][1]
    return best[1][1] if len(best) > 1 else 0.0


def _confidence(weight: float, rival: float) -> float:
    return round(weight / (weight + rival + PRIOR), 3)


def _ranked(terms: dict[str, float]) -> tuple[str, ...]:
    return tuple(sorted(terms, key=lambda term: (-terms[term], term)))[:MOST_TERMS]


_made: dict[str, tuple[Tenant, Classifier]] = {}


def classifier(tenant: Tenant) -> Classifier:
    """The tenant's classifier, made anew only when the tenant has changed."""
    made = _made.get(tenant.slug)
    if made is None or made[0] is not tenant:
        made = _made[tenant.slug] = (tenant, Classifier(tenant.leaf_categories))
    return made[1]
