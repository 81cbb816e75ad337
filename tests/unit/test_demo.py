"""`sokak demo` says what stands in its way before it starts anything."""

from __future__ import annotations

import socket

from typer.testing import CliRunner

from services.cli import app


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = CliRunner().invoke(app, ["demo", "--port", str(port)])
    assert told.exit_code == 1
    assert f"port {port} is taken" in told.output
