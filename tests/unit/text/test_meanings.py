"""What a status means to the citizen is said alike by whoever says it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from libs.events import TaskStatus
from libs.text.meanings import SHORT, WORDS
from libs.web.language import languages
from services.intake.standing import standing

SERVICES = Path(__file__).parents[3] / "services"


def test_an_operator_is_shown_what_the_citizen_will_read() -> None:
    assert set(SHORT) == set(WORDS) == set(get_args(TaskStatus))
    intake, crm = (languages(SERVICES / name) for name in ("intake", "crm"))
    for status, word in SHORT.items():
        for code in ("tr", "en"):
            assert crm[code].text(word) == intake[code].text(standing(status).word)
