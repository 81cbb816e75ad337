// The citizen site: maps come when they are looked at, steps and forms when a page has them.
import { say } from "./shell.js";

/** Draw a map once it is near the screen; its promise is kept on the element. */
export function mapOf(box) {
  box.drawing ??= import("./map.js").then(async ({ draw }) => {
    const drawn = await draw(box);
    const at = JSON.parse(box.dataset.pins ?? "[]").slice(0, 60).map((pin) => pin.at);
    if (at.length && !box.dataset.view) drawn.map.fitBounds(at, { padding: [48, 48], maxZoom: 15, animate: false });
    return drawn;
  });
  return box.drawing;
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    mapOf(target);
  }
}, { rootMargin: "200px" });
for (const box of document.querySelectorAll("[data-map]")) seen.observe(box);

for (const form of document.querySelectorAll("[data-filters]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

/** Where the reader is. Rejects where he or his device says no. */
export const position = () => new Promise((resolve, reject) => {
  if (!navigator.geolocation) reject(new Error("no geolocation"));
  else navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: 12_000, maximumAge: 30_000 });
});

// ---- home: what is near me
const near = document.querySelector("[data-home] [data-locate]");
near?.addEventListener("click", async () => {
  const told = document.querySelector("[data-denied]");
  near.disabled = true;
  const box = near.closest("[data-map]");
  try {
    const { coords } = await position();
    const answer = await fetch(`/near?lat=${coords.latitude.toFixed(4)}&lon=${coords.longitude.toFixed(4)}`);
    if (!answer.ok) throw new Error(answer.status);
    const list = document.getElementById("near-list");
    list.innerHTML = await answer.text();
    const rows = list.querySelector("[data-pins]");
    const { map, L, setPins } = await mapOf(box);
    const at = [coords.latitude, coords.longitude];
    setPins(JSON.parse(rows?.dataset.pins ?? "[]"));
    L.circle(at, { radius: 1000, className: "halo", interactive: false }).addTo(map);
    L.marker(at, { keyboard: false, interactive: false, icon: L.divIcon({ className: "here", iconSize: [18, 18] }) }).addTo(map);
    map.setView(at, 14.5);
    say(list.querySelector("h2")?.textContent ?? "");
    told.hidden = true;
  } catch {
    told.hidden = false;
    say(told.textContent);
  } finally {
    near.disabled = false;
  }
});

// ---- home: the words go into the draft, so that the form needs no net
const ask = document.querySelector("[data-ask]");
if (ask) import("./draft.js").then(async ({ all, beginAnew, clear, drop, load, save }) => {
  const begun = document.querySelector("[data-begun]"), photos = () => all("photos").catch(() => []);
  begun.querySelector("button").addEventListener("click", async () => {
    drop(); await clear("photos").catch(() => {});
    begun.hidden = true;
    ask.text.focus();
  });
  ask.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = ask.text.value.trim();
    if (!save(text ? beginAnew(text) : load())) return ask.submit();
    await photos(); // those of another draft are gone by then
    return location.assign(text ? "/report#where" : "/report");
  });
  const { text, lat } = load();
  begun.querySelector("q").textContent = text?.trim().slice(0, 120) ?? "";
  begun.hidden = !(text?.trim() || lat || (await photos()).length);
});

// ---- copy: numbers and links; share where the device can, else the link is copied
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-link]");
  if (!button) return;
  const { copy, copyLink, doneWord } = button.dataset;
  if (button.matches("[data-share]") && navigator.share) {
    await navigator.share({ title: document.title, url: new URL(copyLink, location.href).href }).catch(() => {});
    return;
  }
  await navigator.clipboard.writeText(copy ?? new URL(copyLink, location.href).href);
  button.querySelector("span").textContent = doneWord;
  say(doneWord);
});

const report = document.querySelector("[data-report]");
if (report) { // who goes on before its script has come goes on when it has
  let pressed = null;
  const early = ({ target }) => { pressed = target.closest("[data-next]") ?? pressed; };
  report.addEventListener("click", early);
  import("./report.js").then(() => {
    report.removeEventListener("click", early);
    pressed?.click();
  });
}
const kept = document.querySelector("[data-kept]"), mine = document.querySelector("[data-mine]");
if (kept) import("./mine.js").then(({ keep }) => keep(kept.dataset)).catch(() => {});
if (mine) import("./mine.js").then(({ show }) => show(mine)).catch(() => {});
if (document.body.dataset.request) import("./request.js");
if (document.body.dataset.offline) import("./outbox.js").then(({ deliver }) => deliver());
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
