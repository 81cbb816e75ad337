"""Every message of every template is found, or it is said that one could not be looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import TemplateSyntaxError

from libs.web import messages


def _part(folder: Path, monkeypatch: pytest.MonkeyPatch, template: str) -> str:
    monkeypatch.setattr(messages, "ROOT", folder)
    templates = folder / "services/tried/templates"
    templates.mkdir(parents=True)
    (templates / "tried.html").write_text(template, "utf8")
    return "services/tried"


def test_what_stands_beside_a_tag_of_an_extension_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = _part(tmp_path, monkeypatch, '{% do told.append(1) %}{{ _("Words") }}')
    assert list(messages.lacking(messages.wanted(part))) == ["Words"]


def test_a_template_that_cannot_be_read_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = _part(tmp_path, monkeypatch, '{% unheard of %}{{ _("Words") }}')
    with pytest.raises(TemplateSyntaxError):
        messages.wanted(part)
