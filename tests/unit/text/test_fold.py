"""Folding Turkish text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.text import fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("İSTANBUL", "istanbul"),
        ("IĞDIR", "igdir"),
        ("ığdır", "igdir"),
        ("Çöp kutusu ŞİŞLİ'de", "cop kutusu sisli'de"),
        ("ÜÇ GÜNDÜR", "uc gundur"),
        ("hâlâ kâğıt", "hala kagit"),
        ("i\u0307", "i"),
        ("c\u0327o\u0308p", "cop"),
        ("  iki\n\tboşluk\u00a0 ", "iki bosluk"),
        ("m²", "m2"),
        ("", ""),
    ],
)
def test_one_form_for_every_way_of_writing(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("word", ["Işık", "ışık", "IŞIK", "İşık", "isik", "ISIK"])
def test_dotted_and_dotless_i_are_one_letter(word: str) -> None:
    assert fold(word) == "isik"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyzABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZâîû \n"))
def test_turkish_text_becomes_plain_small_letters(text: str) -> None:
    folded = fold(text)
    assert folded.isascii()
    assert folded == folded.lower()
    assert "  " not in folded


@given(st.text())
def test_words_are_those_of_the_folded_text(text: str) -> None:
    assert words(text) == words(fold(text))
    assert all(word in fold(text) for word in words(text))


def test_an_apostrophe_parts_a_name_from_its_ending() -> None:
    assert words("Keçiören'de, Fatih Cad. no:5!") == ["kecioren", "de", "fatih", "cad", "no", "5"]
