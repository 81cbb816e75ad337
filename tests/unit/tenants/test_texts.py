"""A municipality's own words: what is taken, tidied and refused, and that each differs alone."""

from __future__ import annotations

from typing import Any

import pytest

from libs.tenants import Tenant, Texts
from libs.tenants.unfinished import faults_of
from libs.web.pages import _callable, _dialled
from services.routing.difference import differences
from services.routing.steps import BY_CODE, state_of

from .conftest import document


def both(text: str) -> dict[str, str]:
    return {"tr": text, "en": text}


def test_words_are_tidied() -> None:
    texts = Texts.model_validate(
        {
            "welcome": both("  İki\r\n satır\tve \u200bgörünmez\u202e\x07 işaret  "),
            "privacy": both("\r\nBir.\r\n\r\nİki.\n"),
            "telephone": " +90 (312) 000-00 00 ",
        }
    )
    assert texts.welcome is not None
    assert texts.privacy is not None
    assert texts.welcome.tr == "İki satır ve görünmez işaret"
    assert texts.privacy.en == "Bir.\n\nİki."
    assert texts.telephone == "+90 (312) 000-00 00"


@pytest.mark.parametrize(
    ("texts", "place", "slug"),
    [
        ({"welcome": {"tr": "x"}}, ("welcome", "en"), "missing"),
        ({"welcome": both(" \u200b ")}, ("welcome", "tr"), "string_too_short"),
        ({"sent": both("x" * 301)}, ("sent", "tr"), "string_too_long"),
        ({"privacy": both("x" * 10_001)}, ("privacy", "tr"), "string_too_long"),
        ({"welcome": {**both("x"), "de": "x"}}, ("welcome", "de"), "extra_forbidden"),
        ({"telephone": "153<b>"}, ("telephone",), "string_pattern_mismatch"),
        ({"telephone": "call us"}, ("telephone",), "string_pattern_mismatch"),
        ({"email": "a@b"}, ("email",), "string_pattern_mismatch"),
        ({"email": "a@b.tr?bcc=x@y.tr"}, ("email",), "string_pattern_mismatch"),
        ({"privacy_url": "http://ornek.bel.tr/"}, ("privacy_url",), "string_pattern_mismatch"),
        ({"privacy_url": "javascript:alert(1)"}, ("privacy_url",), "string_pattern_mismatch"),
        ({"privacy_url": "https://a@evil.tr/"}, ("privacy_url",), "string_pattern_mismatch"),
        ({"privacy_url": "https://ornek.bel.tr/a b"}, ("privacy_url",), "string_pattern_mismatch"),
    ],
)
def test_what_does_not_fit_is_told_where(
    texts: dict[str, Any], place: tuple[str, ...], slug: str
) -> None:
    found = [(fault.place, fault.slug) for fault in faults_of(document(texts=texts))]
    assert (("texts", *place), slug) in found


@pytest.mark.parametrize(
    "url", ["https://ornek.bel.tr", "https://www.ornek.bel.tr/kvkk?dil=tr#metin"]
)
def test_an_address_of_a_notice_is_taken(url: str) -> None:
    assert Texts(privacy_url=url).privacy_url == url


@pytest.mark.parametrize("languages", [["en"], [], ["tr", "tr"], ["tr", "de"]])
def test_turkish_is_always_offered(languages: list[str]) -> None:
    assert [fault.field for fault in faults_of(document(languages=languages))] == ["languages"]
    assert Tenant.checked(document()).languages == ("tr", "en")


def test_words_differ_one_by_one_and_a_tenant_without_any_says_nothing() -> None:
    before = Tenant.checked(document()).model_dump(mode="json")
    step = BY_CODE["texts"]
    assert state_of(step, before, ()) == "not_started"
    after = Tenant.checked(document(texts={"sent": both("Sağ olun"), "telephone": "444 1 234"}))
    found = differences(before, after.model_dump(mode="json"))
    assert [(one.place, one.kind) for one in found] == [
        (("texts", "sent"), "added"),
        (("texts", "telephone"), "added"),
    ]
    assert state_of(step, after.model_dump(mode="json"), ()) == "done"


def test_only_emergency_numbers_can_be_tapped() -> None:
    told = _callable("Tehlikede 112, <b>gazda</b> 187; 1120 metre, No: 45/112'de değil 150")
    assert told == (
        'Tehlikede <a href="tel:112">112</a>, &lt;b&gt;gazda&lt;/b&gt; <a href="tel:187">187</a>;'
        ' 1120 metre, No: 45/<a href="tel:112">112</a>&#39;de değil 150'
    )
    assert _callable("yok") == "yok"
    assert _dialled("+90 (312) 000-00 00") == "+903120000000"
