"""The rules of webhooks, and their signatures by somebody else's verifier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from libs.runtime.clock import now
from libs.runtime.rule import Context, Refused
from services.reporting import webhook as rules
from services.reporting.signing import Secrets, signed
from services.reporting.webhook import Webhook

AT = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)
BODY = b'{"id":"1","data":{"name":"\xc3\x87ukur"}}'
SECRETS = Secrets("the secret of the service")


def context(minutes: float = 0) -> Context:
    return Context("1", AT + timedelta(minutes=minutes))


def a_webhook(**changes: Any) -> Webhook:
    known: dict[str, Any] = {
        "tenant": "kecioren",
        "id": "1",
        "url": "https://example.org/hook",
        "note": "",
        "begin": 0,
        "by": "somebody",
        "added_at": AT,
        "changed_at": AT,
    }
    return Webhook(**known | changes)


def refused(rule: Any, state: Webhook | None) -> str:
    with pytest.raises(Refused) as no:
        rule(state, context())
    return no.value.slug


@pytest.mark.parametrize(
    "rule", [rules.pause, rules.resume, rules.rotate, rules.remove, rules.touch]
)
def test_what_is_not_there_cannot_be_changed(rule: Any) -> None:
    assert refused(rule, None) == "webhook-unknown"
    assert refused(rule, a_webhook(state="removed")) == "webhook-unknown"


def test_a_disabled_one_says_why_until_it_is_resumed() -> None:
    disabled = rules.disable(a_webhook(), context(1), why="gone").state
    assert (disabled.state, disabled.why) == ("disabled", "gone")
    assert refused(rules.pause, disabled) == "webhook-disabled"
    resumed = rules.resume(disabled, context(2)).state
    assert (resumed.state, resumed.why, resumed.changed_at) == ("active", None, context(2).now)


def test_who_has_paused_it_is_not_overruled() -> None:
    paused = rules.pause(a_webhook(), context()).state
    assert rules.disable(paused, context(), why="failing").state is paused


def test_after_a_rotation_two_secrets_sign_for_a_day() -> None:
    rotated = rules.rotate(a_webhook(), context()).state
    assert a_webhook().keys(AT) == (1,)
    assert rotated.keys(AT) == (2, 1)
    assert rotated.keys(AT + timedelta(hours=24)) == (2,)
    again = rules.rotate(rotated, context(60)).state
    assert again.keys(AT + timedelta(hours=24)) == (3, 2)


def test_each_webhook_and_each_rotation_has_a_secret_of_its_own() -> None:
    found = {SECRETS.of(id, number) for id in ("1", "2") for number in (1, 2)}
    found.add(Secrets("another secret").of("1", 1))
    assert len(found) == 5
    assert all(len(one) == 32 for one in found)


def test_another_verifier_takes_what_was_signed_by_either_secret_and_nothing_else() -> None:
    at = now()
    headers = signed("msg", at, BODY, [SECRETS.of("1", 2), SECRETS.of("1", 1)])
    for number in (1, 2):
        assert Verifier(SECRETS.shown("1", number)).verify(BODY, headers)["id"] == "1"
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRETS.shown("1", 3)).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRETS.shown("1", 1)).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRETS.shown("1", 1)).verify(BODY, headers | {"webhook-id": "other"})


def test_what_was_signed_long_ago_is_not_taken() -> None:
    old = signed("msg", now() - timedelta(minutes=10), BODY, [SECRETS.of("1", 1)])
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRETS.shown("1", 1)).verify(BODY, old)


def test_we_sign_as_another_signer_does() -> None:
    at = now()
    theirs = Verifier(SECRETS.shown("1", 1)).sign("msg", at, BODY.decode())
    assert signed("msg", at, BODY, [SECRETS.of("1", 1)])["webhook-signature"] == theirs
