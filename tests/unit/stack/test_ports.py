"""A port is given once, to whichever process asks."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from libs.stack import ports

ASKED_ELSEWHERE = """\
import sys
from libs.stack import ports

ports._BELOW_EPHEMERAL = [int(sys.argv[1])]
print(ports.free_port())
"""


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> int:
    """The one port that there is."""
    port = ports.free_port()
    ports._given.pop(port).close()
    monkeypatch.setattr(ports, "_BELOW_EPHEMERAL", [port])
    return port


def given_elsewhere(port: int) -> bool:
    command = [sys.executable, "-c", ASKED_ELSEWHERE, str(port)]
    return subprocess.run(command, capture_output=True).returncode == 0


def test_a_port_is_given_once(only: int) -> None:
    assert ports.free_port() == only
    with pytest.raises(OSError, match="no free port"):
        ports.free_port()


def test_another_process_is_not_given_it(only: int) -> None:
    assert given_elsewhere(only)
    ports.free_port()
    assert not given_elsewhere(only)


def test_its_owner_can_listen_on_it(only: int) -> None:
    with socket.create_server(("127.0.0.1", ports.free_port())):
        assert not ports.is_free(only)
