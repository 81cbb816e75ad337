// The dashboards: a chart and a map that come when they are seen, figures that renew themselves.
import { htmx } from "./shell.js";

const RENEW_MS = 2000;
const SAID_LOST_MS = 3000; // a stream ends now and then, and is there again at once

/** Do something once, when an element comes into view. */
function whenSeen(element, act) {
  const watch = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      watch.disconnect();
      act(element);
    }
  }, { rootMargin: "200px" });
  watch.observe(element);
}

for (const plot of document.querySelectorAll("[data-chart]")) {
  whenSeen(plot, async (box) => (await import("./chart.js")).plot(box));
}
for (const box of document.querySelectorAll(".hexmap[data-hexes]")) {
  whenSeen(box, async () => (await import("./hexmap.js")).hexmap(box));
}

// ---- live figures: at most every two seconds, never while paused or hidden
const figures = document.getElementById("live");
if (figures) {
  let last = 0, waiting, paused = false, missed = false;
  const renew = () => {
    clearTimeout(waiting);
    waiting = undefined;
    if (paused || document.hidden) { missed = true; return; }
    last = Date.now();
    missed = false;
    htmx.trigger(figures, "renew");
  };
  const soon = () => { waiting ??= setTimeout(renew, Math.max(0, last + RENEW_MS - Date.now())); };
  const again = () => { if (missed && !paused && !document.hidden) soon(); };
  document.body.addEventListener("changed", soon);
  document.addEventListener("visibilitychange", again);

  const button = document.getElementById("pause");
  button?.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", paused);
    again();
  });
}

// ---- a stream that is lost for longer is said in words, too
const state = document.querySelector("[data-live-state]");
if (state) {
  let saying;
  new MutationObserver(() => {
    if (state.dataset.liveState !== "live") {
      saying ??= setTimeout(() => { state.textContent = state.dataset.lost; }, SAID_LOST_MS);
      return;
    }
    clearTimeout(saying);
    saying = undefined;
    state.textContent = "";
  }).observe(state, { attributes: true, attributeFilter: ["data-live-state"] });
}
