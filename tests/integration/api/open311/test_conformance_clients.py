"""Clients of others, from the package index, unmodified, against a running Sokak."""

from __future__ import annotations

from typing import Any

import pytest
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport

from tests.integration.api.open311 import table
from tests.integration.api.open311.conftest import Here
from tests.integration.api.open311.speaking import BASE, FORMATS


@pytest.mark.parametrize("format", FORMATS)
def test_20_georeport_makes_a_full_round(here: Here, format: str) -> None:
    """Lists have two items at least: read from XML, one alone is no list to this client."""
    numbers = [here.caller("json").number(service_code="LAMP", **here.place) for _ in range(2)]
    client = GeoReport(f"{here.system.url}{BASE}", "akyurt.bel.tr", output_format=format)
    codes = {one["service_code"] for one in client.get_service_list()}
    assert codes >= {"POTHOLE", "LAMP"}
    definition: Any = client.get_service_definition("POTHOLE")
    attributes = definition["attributes"]
    questions = attributes if format == "json" else attributes["attribute"]
    assert [one["code"] for one in questions][:2] == ["size", "seen"]
    found = client.get_service_requests(",".join(numbers))
    assert {one["service_request_id"] for one in found} == set(numbers)
    open_ones = client.get_service_requests(service_code="LAMP,POTHOLE", status="open")
    assert set(numbers) <= {one["service_request_id"] for one in open_ones}
    one: Any = client.get_service_request(numbers[0])
    assert (one["service_request_id"], one["status"]) == (numbers[0], "open")


def test_20_civicbot_makes_a_full_round(here: Here) -> None:
    table.SPOKEN.add("json")
    endpoint = Endpoint("akyurt", "Akyurt", f"{here.system.url}{BASE}", write=True)
    transport = HttpTransport(rate_limiter=RateLimiter(0.0))
    client = Open311Client(endpoint, transport, jurisdiction_id="akyurt.bel.tr")
    assert {one["service_code"] for one in client.list_services()} >= {"POTHOLE", "SLOW"}
    place = {"lat": here.place["lat"], "lng": here.place["long"]}
    sending: Any = {"dry_run": False, "confirm": "SEND", "api_key": here.key}
    done = client.create_request(
        "POTHOLE",
        validate_remote=True,
        description="Çukur var & büyük",
        attributes={"size": "plate", "seen": ["wheel", "larger"]},
        email="bir@ornek.org",
        **place,
        **sending,
    )
    number = done.response[0]["service_request_id"]
    assert client.get_request(number)["status"] == "open"
    listed = client.list_requests(status="open", service_code="POTHOLE", page_size=1000)
    assert number in [one["service_request_id"] for one in listed]
    listed = client.list_requests(service_request_ids=[number])
    assert [one["service_request_id"] for one in listed] == [number]
    batch = client.create_request("SLOW", validate_remote=True, **place, **sending)
    token = batch.response[0]["token"]
    assert client.get_token(token)[0]["token"] == token
    with pytest.raises(HttpError) as refused:
        client.create_request("POTHOLE", **place, **sending)
    assert (refused.value.status, "attribute[size]" in refused.value.body) == (400, True)
