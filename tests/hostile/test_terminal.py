"""What a hostile producer writes is shown on an operator's terminal, which obeys none of it."""

from __future__ import annotations

from tests import raw
from tests.e2e.harness import Sokak

KEYS = (
    b"[/red]",
    b"[link=file:///]x",
    b"\x1b[2J\x1b]0;owned\x07",
    "\u202e\u2066txt".encode(),
    b"a\nb\rc",
)


async def test_a_terminal_shows_dead_letters_and_obeys_none(sokak: Sokak) -> None:
    records = [raw.Raw(key, ((b"ce_type", key),), b"\x1b[31m" + key) for key in KEYS]
    await raw.send(sokak.kafka.address, "routing", 0, raw.batch(records))
    await sokak.settled()
    url = ("--service", "intake", "--url", sokak.copies["intake"][0].url)
    shown = await sokak.sokak("dead", "list", *url)
    assert shown.code == 0, shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown.out)
    assert "[/red]" in shown.out
    assert sum("routing:0:" in line for line in shown.out.splitlines()) >= len(KEYS)
