import base64
import hashlib
import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pydantic import ValidationError

from libs.web.access import Open, routes_of, rule_of
from libs.web.caller import Caller, caller_of
from libs.web.identity.app import build
from libs.web.identity.client import TokenRefused, fetch_token
from libs.web.identity.grants import OAuthError
from libs.web.identity.provider import Provider
from libs.web.identity.settings import IdentitySettings
from libs.web.identity.signer import key_from
from libs.web.tokens import discovered

ISSUER = "http://127.0.0.1:8000/identity"
REDIRECT = "http://127.0.0.1:9999/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
ASK = {
    "response_type": "code",
    "client_id": "sokak-web",
    "redirect_uri": REDIRECT,
    "scope": "openid profile",
    "state": "s t&ate",
    "nonce": "n0nce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
OPERATOR = "demo-operator-kecioren"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    return tmp_path_factory.mktemp("identity") / "deeper" / "identity.json"


@pytest.fixture
def settings(key_file):
    return IdentitySettings(environment="test", issuer=ISSUER, identity_key_file=key_file)


@pytest.fixture
async def http(settings):
    transport = httpx.ASGITransport(build(settings))
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


async def pick(http, subject=OPERATOR, **ask):
    answer = await http.post(f"{ISSUER}/authorize", data={**ASK, **ask, "subject": subject})
    assert answer.status_code == 303
    return {
        name: value[0]
        for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()
    }


async def exchange(http, code, **form):
    return await http.post(
        f"{ISSUER}/token",
        data={
            "grant_type": "authorization_code",
            "client_id": "sokak-web",
            "redirect_uri": REDIRECT,
            "code": code,
            "code_verifier": VERIFIER,
            **form,
        },
    )


def assert_refused(answer, error, status=400):
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


async def test_signing_in_gives_tokens_that_a_service_believes(http):
    page = await http.get(f"{ISSUER}/authorize", params=ASK)
    assert page.status_code == 200
    buttons = re.findall(r'name="subject" value="([^"]+)"', page.text)
    assert {OPERATOR, "demo-platform", "demo-auditor-ankara"} <= set(buttons)
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    form = {name: unescape(value) for name, value in hidden.items()}
    assert form == ASK

    answer = await http.post(f"{ISSUER}/authorize", data={**form, "subject": OPERATOR})
    location = answer.headers["location"]
    assert location.startswith(REDIRECT + "?")
    back = parse_qs(urlsplit(location).query)
    assert (back["state"], back["iss"]) == (["s t&ate"], [ISSUER])

    tokens = (await exchange(http, back["code"][0])).json()
    assert tokens["token_type"] == "Bearer"
    claims = await discovered(ISSUER, "sokak", http).verify(tokens["access_token"])
    assert caller_of(claims) == Caller(OPERATOR, {"kecioren": frozenset({"operator"})})
    id_claims = await discovered(ISSUER, "sokak-web", http).verify(tokens["id_token"])
    assert id_claims["nonce"] == "n0nce"
    assert id_claims["name#tr"] == "Demo Operatör (Keçiören)"
    told = await http.get(
        f"{ISSUER}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert told.json()["groups"] == ["kecioren/operator"]


async def test_an_id_token_is_no_access_token(http):
    tokens = (await exchange(http, (await pick(http))["code"])).json()
    answer = await http.get(
        f"{ISSUER}/userinfo", headers={"Authorization": f"Bearer {tokens['id_token']}"}
    )
    assert_refused(answer, "invalid_token", 401)


@pytest.mark.parametrize("verifier", ["w" * 43, "", CHALLENGE, "v" * 42, "ü" * 43])
async def test_a_wrong_verifier_gets_nothing_and_ends_the_code(http, verifier):
    code = (await pick(http))["code"]
    assert_refused(await exchange(http, code, code_verifier=verifier), "invalid_grant")
    assert_refused(await exchange(http, code), "invalid_grant")


async def test_a_code_used_twice_ends_what_came_of_it(http):
    code = (await pick(http))["code"]
    first = (await exchange(http, code)).json()
    assert_refused(await exchange(http, code), "invalid_grant")
    assert_refused(await refresh(http, first["refresh_token"]), "invalid_grant")


async def refresh(http, token, client="sokak-web"):
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client}
    return await http.post(f"{ISSUER}/token", data=form)


async def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_sign_in(http):
    first = (await exchange(http, (await pick(http))["code"])).json()
    second = (await refresh(http, first["refresh_token"])).json()
    claims = await discovered(ISSUER, "sokak", http).verify(second["access_token"])
    assert claims["sub"] == OPERATOR
    assert_refused(await refresh(http, first["refresh_token"]), "invalid_grant")
    assert_refused(await refresh(http, second["refresh_token"]), "invalid_grant")


async def test_codes_and_refresh_tokens_do_not_pass_for_each_other(http):
    code = (await pick(http))["code"]
    assert_refused(await refresh(http, code), "invalid_grant")
    tokens = (await exchange(http, (await pick(http))["code"])).json()
    assert_refused(await exchange(http, tokens["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize(
    "form",
    [
        {"redirect_uri": "http://127.0.0.1:9999/other"},
        {"code": "made-up"},
        {"client_id": "sokak-cli", "client_secret": "development"},
    ],
)
async def test_a_code_is_bound_to_its_client_and_redirect(http, form):
    code = (await pick(http))["code"]
    assert_refused(await exchange(http, **{"code": code, **form}), "invalid_grant")


async def test_a_code_expires(key_file):
    settings = IdentitySettings(issuer=ISSUER, identity_key_file=key_file, identity_code_s=1)
    moment = {"now": 1000.0}
    provider = Provider(settings, lambda: moment["now"])
    code = provider.code(provider.authorization(ASK), OPERATOR)
    moment["now"] += 2
    with pytest.raises(OAuthError, match="invalid_grant"):
        provider.tokens(
            {
                "grant_type": "authorization_code",
                "client_id": "sokak-web",
                "redirect_uri": REDIRECT,
                "code": code,
                "code_verifier": VERIFIER,
            },
            None,
        )


@pytest.mark.parametrize(
    "ask",
    [
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
        {"redirect_uri": "http://127.0.0.1@evil.example/"},
        {"redirect_uri": "http://evil.example\\@127.0.0.1/"},
        {"redirect_uri": "javascript://127.0.0.1/%0aalert(1)"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"redirect_uri": "http://127.0.0.1/\r\nSet-Cookie: a=b"},
        {"redirect_uri": "http://127.0.0.1/#fragment"},
        {"redirect_uri": "//127.0.0.1/"},
        {"redirect_uri": "/"},
        {"redirect_uri": ""},
        {"client_id": "stranger"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_is_sent_to_a_strange_address(http, ask, method):
    asked = {**ASK, **ask, "subject": OPERATOR}
    fields = {"params": asked} if method == "GET" else {"data": asked}
    answer = await http.request(method, f"{ISSUER}/authorize", **fields)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("uri", ["http://localhost:1/cb?a=1", "http://[::1]:5173/", REDIRECT])
async def test_every_loopback_address_is_ours(http, uri):
    assert (await pick(http, redirect_uri=uri))["code"]


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
    ],
)
async def test_other_faults_go_back_to_the_client(http, ask, error):
    answer = await http.get(f"{ISSUER}/authorize", params=ASK | ask)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (back["error"], back["state"]) == ([error], [ASK["state"]])


async def test_a_person_who_is_not_on_the_list_cannot_be_picked(http):
    assert (await pick(http, "demo-emperor"))["error"] == "access_denied"


async def test_nothing_asked_for_becomes_markup(http):
    ask = ASK | {"state": '"><script>alert(1)</script>'}
    page = await http.get(f"{ISSUER}/authorize", params=ask)
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("rights", "caller"),
    [
        (
            {"tenant": "kecioren", "role": "operator", "departments": ["FEN"]},
            Caller(
                "demo-operator-kecioren",
                {"kecioren": frozenset({"operator"})},
                {"kecioren": frozenset({"FEN"})},
            ),
        ),
        ({"platform": True}, Caller("demo-platform", platform=True)),
        ({"citizen": "Ayşe"}, Caller("demo-citizen-Ayşe", citizen=True)),
    ],
)
async def test_a_token_for_trying_out_has_the_rights_asked_for(http, rights, caller):
    token = await fetch_token(ISSUER, http=http, **rights)
    assert caller_of(await discovered(ISSUER, "sokak", http).verify(token)) == caller


async def test_a_wrong_secret_gets_no_token(http):
    with pytest.raises(TokenRefused, match="secret"):
        await fetch_token(ISSUER, http=http, platform=True, client_secret="guess")
    with pytest.raises(TokenRefused, match="no secret"):
        await fetch_token(ISSUER, http=http, platform=True, client_id="sokak-web")


async def test_client_credentials_by_http_basic(http):
    form = {"grant_type": "client_credentials", "scope": "platform"}
    good = await http.post(f"{ISSUER}/token", data=form, auth=("sokak-cli", "development"))
    assert good.status_code == 200
    bad = await http.post(f"{ISSUER}/token", data=form, auth=("sokak-cli", "guess"))
    assert_refused(bad, "invalid_client", 401)
    for header in ("Basic ***", "Bearer x", "Basic /w=="):
        headers = {"Authorization": header}
        assert_refused(
            await http.post(f"{ISSUER}/token", data=form, headers=headers), "invalid_client", 401
        )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"grant_type=password&client_id=sokak-web", "unsupported_grant_type"),
        (b"client_id=sokak-web", "unsupported_grant_type"),
        (b"client_id=sokak-web&client_id=sokak-cli", "invalid_request"),
        (b"grant_type=client_credentials&client_id=sokak-cli&client_secret=development"
         b"&scope=citizen+platform", "invalid_scope"),
    ],
)  # fmt: skip
async def test_a_faulty_token_request_is_refused(http, body, error):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert_refused(await http.post(f"{ISSUER}/token", content=body, headers=headers), error)


async def test_a_token_request_without_a_client_is_refused(http):
    for body in (b"", b"\xff\xfe=%zz", b"client_id=\xc3\xbc&client_secret=\xc3\xbc"):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await http.post(f"{ISSUER}/token", content=body, headers=headers)
        assert_refused(answer, "invalid_client", 401)


async def test_tokens_survive_a_restart(http, settings):
    token = await fetch_token(ISSUER, http=http, platform=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build(settings))) as again:
        assert await discovered(ISSUER, "sokak", again).verify(token)


def test_the_key_is_its_owners_alone_and_one_for_all_who_start_together(tmp_path):
    file = tmp_path / "identity.json"
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(key_from, [file] * 4))
    assert len({key.kid for key in keys}) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["identity.json"]


async def test_the_private_key_is_not_published(http, settings):
    published = (await http.get(f"{ISSUER}/jwks")).json()["keys"]
    private = json.loads(settings.identity_key_file.read_text())
    assert published[0]["kid"] == private["kid"]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(published[0])


async def test_tokens_are_of_the_type_for_access(http):
    token = await fetch_token(ISSUER, http=http, platform=True)
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert (header["typ"], header["alg"]) == ("at+jwt", "RS256")
    assert jwt.decode(token, key_from_published(await http.get(f"{ISSUER}/jwks")))


def key_from_published(answer):
    return KeySet.import_key_set(answer.json())


def test_it_refuses_to_start_in_production(monkeypatch, tmp_path):
    with pytest.raises(ValidationError, match="real OpenID provider"):
        IdentitySettings(environment="production", identity_key_file=tmp_path / "key")
    monkeypatch.setenv("SOKAK_ENVIRONMENT", "production")
    with pytest.raises(ValidationError, match="real OpenID provider"):
        IdentitySettings(identity_key_file=tmp_path / "key")


def test_a_client_cannot_be_called_like_the_audience(tmp_path):
    with pytest.raises(ValidationError, match="audience"):
        IdentitySettings(audience="sokak-web")


def test_its_routes_are_open_and_say_so(settings):
    assert all(isinstance(rule_of(route), Open) for route in routes_of(build(settings)))
