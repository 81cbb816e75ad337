import pytest
import typer
from typer.testing import CliRunner

from services.cli.token import token

app = typer.Typer()
app.command()(token)


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--tenant", "kecioren"),
        ("--role", "operator"),
        ("--tenant", "kecioren", "--role", "owner"),
        ("--platform", "--department", "FEN"),
        ("--citizen", "Ayşe", "--platform"),
    ],
)
def test_rights_that_make_no_sense_are_named(arguments):
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert "Invalid value" in answer.stderr


def test_an_issuer_that_is_away_is_named_with_what_to_do():
    answer = run("--platform", "--issuer", "http://127.0.0.1:1/identity")
    assert answer.exit_code == 1
    assert "http://127.0.0.1:1/identity does not answer" in answer.stderr
    assert "sokak serve" in answer.stderr
    assert answer.stdout == ""
