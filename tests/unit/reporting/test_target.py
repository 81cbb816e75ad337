"""Where a webhook may go: what is inside is refused in whatever dress it comes."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from libs.runtime.settings import Settings
from services.reporting.target import Allowed, NotAllowed

PUBLIC = Allowed()
INSIDE = Allowed(http=True, ports=(), networks=(ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1"),
        *("ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("::127.0.0.1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1"),
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(NotAllowed):
        PUBLIC.check_address(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_is_public_is_allowed(address: str) -> None:
    PUBLIC.check_address(ip_address(address))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/hook", "url-not-https"),
        ("ftp://example.org/hook", "url-not-https"),
        ("//example.org/hook", "url-invalid"),
        ("example.org", "url-invalid"),
        ("https://", "url-invalid"),
        ("https:///hook", "url-invalid"),
        ("https://user:secret@example.org/", "url-invalid"),
        ("https://example.org/#part", "url-invalid"),
        ("https://example.org:22/", "port-not-allowed"),
        ("https://example.org:99999/", "port-not-allowed"),
        ("https://127.0.0.1/", "address-not-public"),
        ("https://[::1]/", "address-not-public"),
        ("https://169.254.169.254/latest/meta-data", "address-not-public"),
        ("https://example.org/" + "x" * 500, "url-too-long"),
        ("https://exa\x00mple.org/", "url-invalid"),
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url: str, why: str) -> None:
    with pytest.raises(NotAllowed, match=f"^{why}$"):
        PUBLIC.checked(url)


@pytest.mark.parametrize(
    "url", ["https://example.org/hook?a=1", "https://example.org:8443/", "https://ışık.example/"]
)
def test_an_address_is_taken_in_its_plain_form(url: str) -> None:
    found = PUBLIC.checked(url)
    assert found.isascii()
    assert PUBLIC.checked(found) == found


def test_inner_networks_are_reached_where_the_settings_say_so() -> None:
    assert INSIDE.checked("http://127.0.0.1:1234/") == "http://127.0.0.1:1234/"
    INSIDE.check_address(ip_address("::ffff:127.0.0.1"))
    with pytest.raises(NotAllowed):
        INSIDE.check_address(ip_address("10.0.0.1"))
    with pytest.raises(NotAllowed):
        INSIDE.check_port(65536)


def test_plain_http_is_for_development() -> None:
    with pytest.raises(ValueError, match="SOKAK_WEBHOOK_HTTP"):
        Settings(environment="production", secret="a secret of our own", webhook_http=True)


def test_what_is_allowed_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKAK_WEBHOOK_NETWORKS", '["10.20.0.0/16"]')
    monkeypatch.setenv("SOKAK_WEBHOOK_PORTS", "[]")
    settings = Settings()
    allowed = Allowed(ports=settings.webhook_ports, networks=settings.webhook_networks)
    assert allowed.checked("https://10.20.1.1:4444/") == "https://10.20.1.1:4444/"
    with pytest.raises(NotAllowed):
        allowed.checked("https://10.21.1.1/")
