// The page of a request: a secret in the address is shown once and gone; what is new is said;
// photos that are added are made small here.
import { csrf, say } from "./shell.js";

const number = document.body.dataset.request;
const secret = location.hash.slice(1);
if (/^[a-z2-7]{26}$/.test(secret)) {
  history.replaceState(null, "", location.pathname);
  fetch("/requests/look-up", { method: "POST", redirect: "manual", body: new URLSearchParams({ csrf: csrf(), number, secret }) })
    .then(() => location.reload());
}

const standing = document.getElementById("standing");
let first = standing.querySelector(".timeline strong")?.textContent;
document.addEventListener("htmx:after:swap", () => {
  const now = standing.querySelector(".timeline strong")?.textContent;
  if (now && now !== first) say(standing.dataset.news.replace("{what}", now));
  first = now;
});

const adding = document.querySelector("[data-add-photos]");
adding?.photo.toggleAttribute("multiple", true);
adding?.photo.addEventListener("change", async ({ target }) => {
  const { shrink } = await import("./shrink.js");
  const texts = JSON.parse(adding.dataset.texts), told = adding.querySelector("[data-photo-told]");
  const label = adding.querySelector("[data-say]"), words = label.textContent;
  const files = [...target.files].slice(0, adding.dataset.room);
  let fault = target.files.length > files.length ? texts.enough : "", sent = 0;
  adding.setAttribute("aria-busy", "true");
  for (const [n, file] of files.entries()) {
    label.textContent = texts.sending.replace("{n}", n + 1).replace("{all}", files.length);
    say(label.textContent);
    const photo = await shrink(file).catch(() => null);
    if (!photo) { fault = texts.unreadable; continue; }
    const body = new FormData();
    body.append("photo", photo, "photo.jpg");
    const answer = await fetch(`/api/requests/${number}/attachments`, { method: "POST", body, headers: { Accept: "application/json", "X-CSRF-Token": csrf() } }).catch(() => null);
    if (answer?.ok) sent += 1;
    else fault = (await answer?.json().catch(() => null))?.title ?? texts.lost;
  }
  if (sent && !fault) return location.reload();
  adding.removeAttribute("aria-busy");
  label.textContent = words; target.value = "";
  told.textContent = fault; told.hidden = false;
  return undefined;
});
