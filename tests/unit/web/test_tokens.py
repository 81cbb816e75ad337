import asyncio
import base64
import hmac
import json
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from libs.web.identity.signer import Signer
from libs.web.tokens import (
    ID_TYPES,
    LEEWAY_S,
    BadToken,
    IssuerKeys,
    IssuerUnreachable,
    TokenVerifier,
)

ISSUER = "http://issuer.test"
SIGNER = Signer.new(ISSUER)


async def refusal(token, verifier=None):
    with pytest.raises(BadToken) as caught:
        await (verifier or SIGNER.verifier()).verify(token)
    return str(caught.value)


async def test_a_good_token_gives_its_claims():
    claims = await SIGNER.verifier().verify(SIGNER.token("ayse", groups=["kecioren/operator"]))
    assert claims["sub"] == "ayse"
    assert claims["groups"] == ["kecioren/operator"]


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
async def test_usual_types_are_taken(typ):
    token = SIGNER.signed(typ, "sokak", "ayse", 60, {})
    assert await SIGNER.verifier().verify(token)


async def test_another_type_is_refused():
    assert await refusal(SIGNER.signed("logout+jwt", "sokak", "a", 60, {})) == "wrong type"


async def test_only_an_id_token_may_leave_its_type_out():
    token = SIGNER.signed(None, "sokak", "ayse", 60, {})
    assert await refusal(token) == "wrong type"
    http = httpx.AsyncClient(transport=httpx.MockTransport(Issuer(SIGNER.key).answer))
    verifier = TokenVerifier(ISSUER, "sokak", IssuerKeys(ISSUER, http), types=ID_TYPES)
    assert (await verifier.verify(token))["sub"] == "ayse"
    other = SIGNER.signed("logout+jwt", "sokak", "ayse", 60, {})
    assert await refusal(other, verifier) == "wrong type"


async def test_a_token_expires_after_the_leeway():
    now = time.time()
    clock = {"now": now}
    signer = Signer(SIGNER.key, ISSUER, "sokak", lambda: clock["now"])
    token, verifier = signer.token(lifetime_s=60), signer.verifier()
    clock["now"] = now + 60 + LEEWAY_S - 1
    assert await verifier.verify(token)
    clock["now"] = now + 60 + LEEWAY_S + 1
    assert await refusal(token, verifier) == "expired"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://other.test"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other", "another"]},
        {"aud": None},
        {"aud": "sokak2"},
        {"aud": []},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": float("nan")},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 201},
    ],
)
async def test_a_wrong_claim_is_refused(claims):
    assert await refusal(SIGNER.token("a", **claims))


async def test_one_of_several_audiences_is_enough():
    assert await SIGNER.verifier().verify(SIGNER.token(aud=["other", "sokak"]))


async def test_a_strangers_signature_is_refused():
    stranger = Signer(RSAKey.generate_key(2048, {"kid": SIGNER.key.kid}), ISSUER, "sokak")
    assert await refusal(stranger.token()) == "bad signature"


def claims():
    return {"iss": ISSUER, "aud": "sokak", "sub": "a", "exp": int(time.time()) + 60}


async def test_a_token_without_a_signature_is_refused():
    for alg in ("none", "None", "NONE"):
        parts = [{"alg": alg, "typ": "JWT", "kid": SIGNER.key.kid}, claims()]
        token = ".".join(encoded(part) for part in parts) + "."
        assert await refusal(token)


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


async def test_hmac_with_the_public_key_is_refused():
    for secret in (SIGNER.key.as_pem(private=False), SIGNER.key.as_der(private=False)):
        header = {"alg": "HS256", "typ": "JWT", "kid": SIGNER.key.kid}
        signed = f"{encoded(header)}.{encoded(claims())}"
        digest = hmac.digest(secret, signed.encode(), "sha256")
        token = f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
        assert await refusal(token) == "unsupported algorithm"


async def test_algorithms_outside_the_list_are_refused():
    for alg in ("RS512", "PS256"):
        header = {"alg": alg, "typ": "JWT", "kid": SIGNER.key.kid}
        token = jwt.encode(header, claims(), SIGNER.key, algorithms=[alg])
        assert await refusal(token) == "unsupported algorithm"


async def test_a_key_inside_the_token_is_not_trusted():
    stranger = RSAKey.generate_key(2048)
    header = {
        "alg": "RS256",
        "typ": "JWT",
        "kid": SIGNER.key.kid,
        "jwk": stranger.as_dict(private=False),
    }
    registry = jws.JWSRegistry(strict_check_header=False)
    registry.max_header_length = 2048
    token = jwt.encode(header, claims(), stranger, registry=registry)
    assert await refusal(token)


@given(st.text() | st.lists(st.text(alphabet="eyJ.-_0aA=", max_size=30), max_size=5).map(".".join))
def test_any_text_is_a_bad_token_and_nothing_worse(text):
    assert asyncio.run(refusal(text))


@given(st.binary(max_size=400), st.binary(max_size=60))
def test_any_header_and_payload_are_a_bad_token_and_nothing_worse(header, payload):
    def plain(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    assert asyncio.run(refusal(f"{plain(header)}.{plain(payload)}.AAAA"))


class Issuer:
    """A published key set, served in process; counts how often it was asked."""

    def __init__(self, *keys):
        self.keys = [key.as_dict(private=False) for key in keys]
        self.asked = 0
        self.status = 200
        self.metadata = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}

    def answer(self, request):
        if request.url.path == "/keys":
            self.asked += 1
            return httpx.Response(self.status, json={"keys": self.keys})
        return httpx.Response(self.status, json=self.metadata)

    def verifier(self, clock):
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        keys = IssuerKeys(ISSUER, http, cooldown_s=10, max_age_s=3600, clock=clock)
        return TokenVerifier(ISSUER, "sokak", keys)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


async def test_keys_are_fetched_once_for_many_tokens():
    issuer = Issuer(SIGNER.key)
    verifier = issuer.verifier(Clock())
    await asyncio.gather(*(verifier.verify(SIGNER.token()) for _ in range(50)))
    assert issuer.asked == 1


async def test_an_unknown_key_is_looked_for_again():
    issuer, clock = Issuer(SIGNER.key), Clock()
    verifier = issuer.verifier(clock)
    await verifier.verify(SIGNER.token())
    newer = Signer.new(ISSUER)
    issuer.keys.append(newer.key.as_dict(private=False))
    clock.now += 11
    assert await verifier.verify(newer.token())
    assert issuer.asked == 2


async def test_made_up_keys_do_not_become_load_on_the_issuer():
    issuer, clock = Issuer(SIGNER.key), Clock()
    verifier = issuer.verifier(clock)
    await verifier.verify(SIGNER.token())
    for _ in range(3):
        clock.now += 11
        strangers = [Signer.new(ISSUER).token()] * 20
        assert set(await asyncio.gather(*(refusal(one, verifier) for one in strangers)))
    assert issuer.asked == 4
    assert await verifier.verify(SIGNER.token())


async def test_a_withdrawn_key_is_forgotten_within_the_hour():
    older, newer, clock = Signer.new(ISSUER), Signer.new(ISSUER), Clock()
    issuer = Issuer(older.key)
    verifier = issuer.verifier(clock)
    await verifier.verify(older.token())
    issuer.keys = [newer.key.as_dict(private=False)]
    clock.now += 3601
    assert await refusal(older.token(), verifier)


async def test_an_issuer_that_is_away_is_no_verdict():
    issuer, clock = Issuer(SIGNER.key), Clock()
    issuer.status = 500
    verifier = issuer.verifier(clock)
    with pytest.raises(IssuerUnreachable):
        await verifier.verify(SIGNER.token())
    issuer.status = 200
    clock.now += 1
    assert await verifier.verify(SIGNER.token())


async def test_known_keys_go_on_while_the_issuer_is_away():
    issuer, clock = Issuer(SIGNER.key), Clock()
    verifier = issuer.verifier(clock)
    await verifier.verify(SIGNER.token())
    issuer.status = 503
    clock.now += 4000
    assert await verifier.verify(SIGNER.token())


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "http://other.test", "jwks_uri": f"{ISSUER}/keys"},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": "no address"},
        [],
    ],
)
async def test_a_strange_discovery_document_is_no_verdict(metadata):
    issuer = Issuer(SIGNER.key)
    issuer.metadata = metadata
    with pytest.raises(IssuerUnreachable):
        await issuer.verifier(Clock()).verify(SIGNER.token())


async def test_a_published_key_that_we_cannot_use_does_not_spoil_the_others():
    issuer = Issuer(SIGNER.key)
    issuer.keys[:0] = [
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
        {"kty": "RSA", "n": "?", "e": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "hmac"},
        "nonsense",
    ]
    assert await issuer.verifier(Clock()).verify(SIGNER.token())


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # EdDSA, when signing
@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
    ],
)
async def test_elliptic_keys_verify_too(key, alg):
    key.ensure_kid()
    issuer = Issuer(key)
    header = {"alg": alg, "typ": "at+jwt", "kid": key.kid}
    token = jwt.encode(header, claims(), KeySet([key]), algorithms=[alg])
    assert await issuer.verifier(Clock()).verify(token)
