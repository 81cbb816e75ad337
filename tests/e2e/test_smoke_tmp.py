import time
from tests import scenarios
from tests.e2e.harness import Sokak

async def test_smoke(sokak: Sokak):
    t=time.monotonic()
    r = await scenarios.a_request(sokak)
    task = await scenarios.an_assigned_task(sokak, r)
    print("routed after", time.monotonic()-t, task["department"], task["status"])
    await sokak.settled()
    print("settled after", time.monotonic()-t)
    print(len(await sokak.records("tasks")), len(await sokak.records("request_texts")))
    for s in ("intake","routing","crm","reporting"):
        for c in sokak.copies[s]:
            a = await sokak.http.get(f"{c.url}/{s}/stuck"); print(s, c.number, a.status_code, a.text[:200])
            a = await sokak.http.get(f"{c.url}/{s}/metrics"); print([l for l in a.text.splitlines() if l.startswith("sokak_lag")])
