from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from libs.web import access, problems
from libs.web.access import (
    Access,
    Citizen,
    Open,
    Platform,
    Public,
    RuleMissing,
    Staff,
    routes_of,
    rule_of,
)
from libs.web.caller import ROLES, Caller
from libs.web.identity.signer import Signer, groups
from libs.web.tokens import IssuerUnreachable

SIGNER = Signer.new()
WORKERS = Staff("operator", "supervisor", "admin")
READERS = Staff(*ROLES)


def small_app(verifier=None):
    app = FastAPI()
    problems.install(app)
    access.install(app, verifier or SIGNER.verifier())
    routes = APIRouter(prefix="/api")

    @routes.get("/public")
    async def public(caller: Annotated[Caller | None, Depends(Public())]):
        return {"subject": caller and caller.subject}

    @routes.get("/things")
    async def read(access: Annotated[Access, Depends(READERS)]):
        return {"tenant": access.tenant, "departments": sorted(access.departments)}

    @routes.post("/things")
    async def write(access: Annotated[Access, Depends(READERS)]):
        return {"tenant": access.tenant}

    @routes.post("/explain")
    async def explain(access: Annotated[Access, Depends(Staff("auditor", reads=True))]):
        return {"tenant": access.tenant}

    @routes.get("/platform")
    async def platform(caller: Annotated[Caller, Depends(Platform())]):
        return {"subject": caller.subject}

    @routes.get("/mine")
    async def mine(caller: Annotated[Caller, Depends(Citizen())]):
        return {"subject": caller.subject}

    @routes.get("/open", dependencies=[Depends(Open())])
    async def opened():
        return {}

    app.include_router(routes)

    @app.get("/crm/live")
    async def live():
        return {}

    return app


async def call(path, headers=None, method="GET", app=None):
    transport = httpx.ASGITransport(app or small_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, path, headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_reaches_its_own_tenant_and_no_other(role, method):
    headers = SIGNER.staff("kecioren", role)
    allowed = role != "auditor" or method == "GET"
    own = await call("/api/things?tenant=kecioren", headers, method)
    assert own.status_code == (200 if allowed else 403)
    for other in ("cankaya", "kecioren2", "KECIOREN", "kecioren%00", "%24ne", "platform"):
        answer = await call(f"/api/things?tenant={other}", headers, method)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-a-member")


async def test_a_role_that_the_route_does_not_name_is_refused():
    app = FastAPI()
    problems.install(app)
    access.install(app, SIGNER.verifier())

    @app.get("/admin")
    async def admin(access: Annotated[Access, Depends(Staff("admin"))]):
        return {}

    for role in ROLES:
        answer = await call("/admin", SIGNER.staff("kecioren", role), app=app)
        assert answer.status_code == (200 if role == "admin" else 403)


async def test_a_role_in_one_tenant_is_none_in_another():
    token = SIGNER.token(groups=["kecioren/auditor", "cankaya/operator"])
    headers = SIGNER.header(token)
    refused = await call("/api/things?tenant=kecioren", headers, "POST")
    assert refused.json()["type"] == "/problems/role-missing"
    assert (await call("/api/things?tenant=cankaya", headers, "POST")).status_code == 200


async def test_a_department_without_a_role_is_no_membership():
    headers = SIGNER.header(SIGNER.token(groups=["kecioren/department/FEN"]))
    assert (await call("/api/things?tenant=kecioren", headers)).status_code == 403


async def test_the_tenant_may_be_left_out_by_who_has_one():
    one = SIGNER.header(SIGNER.token(groups=groups("kecioren", "operator", ["FEN"])))
    answer = await call("/api/things", one)
    assert answer.json() == {"tenant": "kecioren", "departments": ["FEN"]}
    two = SIGNER.header(SIGNER.token(groups=["kecioren/operator", "cankaya/operator"]))
    answer = await call("/api/things", two)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "tenant")
    assert (await call("/api/things", SIGNER.platform())).status_code == 422
    assert (await call("/api/things", SIGNER.header(SIGNER.token()))).status_code == 403


async def test_the_platforms_people_reach_every_tenant():
    for method in ("GET", "POST"):
        answer = await call("/api/things?tenant=cankaya", SIGNER.platform(), method)
        assert answer.json()["tenant"] == "cankaya"


async def test_an_auditor_may_post_where_that_only_reads():
    headers = SIGNER.staff("kecioren", "auditor")
    assert (await call("/api/explain", headers, "POST")).status_code == 200


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/api/platform", "platform", 200),
        ("/api/platform", "admin", 403),
        ("/api/platform", "citizen", 403),
        ("/api/mine", "citizen", 200),
        ("/api/mine", "platform", 403),
        ("/api/mine", "admin", 403),
        ("/api/things?tenant=kecioren", "citizen", 403),
        ("/api/public", "citizen", 200),
        ("/api/public", None, 200),
        ("/api/platform", None, 401),
        ("/api/mine", None, 401),
        ("/api/things", None, 401),
        ("/api/things?tenant=kecioren", None, 401),
    ],
)
async def test_each_rule_lets_in_whom_it_names(path, who, status):
    headers = {
        None: None,
        "platform": SIGNER.platform(),
        "citizen": SIGNER.citizen(),
        "admin": SIGNER.staff("kecioren", "admin"),
    }[who]
    answer = await call(path, headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Bearer ", "Basic YTpi", "bearer a b", "\xff", ""]
)
async def test_a_bad_token_is_refused_even_where_none_is_needed(header):
    answer = await call("/api/public", {"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json()["type"] == "/problems/token-invalid"


async def test_two_tokens_are_refused():
    token = SIGNER.token()
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert (await call("/api/public", headers)).status_code == 401


async def test_the_reason_of_a_refusal_is_told_to_the_caller():
    answer = await call("/api/public", SIGNER.header(SIGNER.token(lifetime_s=-60)))
    assert answer.json()["reason"] == "expired"


async def test_an_issuer_that_is_away_is_503_and_not_401():
    class Away:
        async def verify(self, token):
            raise IssuerUnreachable

    answer = await call("/api/things", SIGNER.platform(), app=small_app(Away()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_every_route_tells_its_rule():
    rules = {(route.path, *route.methods): repr(rule_of(route)) for route in routes_of(small_app())}
    assert rules == {
        ("/api/public", "GET"): "Public()",
        ("/api/things", "GET"): "Staff(admin, auditor, operator, supervisor)",
        ("/api/things", "POST"): "Staff(admin, auditor, operator, supervisor)",
        ("/api/explain", "POST"): "Staff(auditor)",
        ("/api/platform", "GET"): "Platform()",
        ("/api/mine", "GET"): "Citizen()",
        ("/api/open", "GET"): "Open()",
        ("/crm/live", "GET"): "None",
    }


def test_a_route_without_a_rule_is_found_out_wherever_it_is():
    inner, app, mounted = APIRouter(), FastAPI(), FastAPI()
    inner.add_api_route("/forgotten", lambda: None)
    app.include_router(inner, prefix="/api")
    mounted.add_api_route("/crm/lives", lambda: None)
    app.mount("/mounted", mounted)
    found = list(routes_of(app))
    assert len(found) == 2
    for route in found:
        with pytest.raises(RuleMissing):
            rule_of(route)


def test_a_route_with_two_rules_is_found_out():
    app = FastAPI()
    app.add_api_route("/a", lambda: None, dependencies=[Depends(Public()), Depends(Platform())])
    with pytest.raises(RuleMissing):
        rule_of(next(routes_of(app)))


def test_a_role_that_does_not_exist_is_a_mistake():
    with pytest.raises(ValueError, match="owner"):
        Staff("owner")
    with pytest.raises(ValueError, match="no roles"):
        Staff()
