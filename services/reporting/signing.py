"""Signatures of what is sent to webhooks, by Standard Webhooks (standardwebhooks.com), symmetric.

A secret is derived from the service's own one, the webhook and its number, so that none is kept.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"


class Secrets:
    """What webhooks' secrets are derived from."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"sokak webhooks", "sha256")

    def of(self, webhook: str, number: int) -> bytes:
        """The bytes that sign: 256 bits."""
        return hmac.digest(self._key, f"{webhook}\0{number}".encode(), "sha256")

    def shown(self, webhook: str, number: int) -> str:
        """As it is given to whoever runs the receiver."""
        return PREFIX + b64encode(self.of(webhook, number)).decode()


def signed(id: str, at: datetime, body: bytes, secrets: Iterable[bytes]) -> dict[str, str]:
    """The headers of a delivery, with a signature for each secret."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((id.encode(), timestamp.encode(), body))
    signatures = [b64encode(hmac.digest(one, content, "sha256")).decode() for one in secrets]
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
