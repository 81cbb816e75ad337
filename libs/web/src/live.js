// A stream of "this has changed": one for a page, `<body data-live="/api/…/stream">`.
// Elements with hx-trigger="changed from:body" ask anew for themselves. After a gap they all do.

const WAIT_MS = [1000, 2000, 4000, 8000, 15000];

/** Follow a stream. `onChange(data)` for each change, `onState(live, nextTryMs)` when it comes or goes. */
export function follow(address, onChange, onState = () => {}) {
  let source, failures = 0, timer, wasLost = false;
  const open = () => {
    source = new EventSource(address);
    source.addEventListener("open", () => {
      if (wasLost) onChange({ gap: true });
      failures = 0; wasLost = false;
      onState(true);
    });
    source.addEventListener("changed", (event) => onChange(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      source.close();
      wasLost = true;
      const wait = WAIT_MS[Math.min(failures++, WAIT_MS.length - 1)];
      onState(false, wait);
      clearTimeout(timer);
      timer = setTimeout(open, wait);
    });
  };
  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) { wasLost = true; open(); } });
}

const address = document.body?.dataset.live;
if (address) {
  const state = document.querySelector("[data-live-state]");
  follow(
    address,
    (change) => document.body.dispatchEvent(new CustomEvent("changed", { detail: change })),
    (live, wait) => { if (state) { state.dataset.retry = wait ?? ""; state.dataset.liveState = live ? "live" : "lost"; } document.documentElement.dataset.live = live ? "" : "lost"; },
  );
}
