// The end of a session, in a dialog over what is there; nothing of that is lost. It is told before it
// comes and put off by a press; after it, or where it cannot be put off, one signs in in another tab.
import { call, locale, say, WARNED_MS } from "./shell.js";

const box = document.getElementById("d-session"), texts = JSON.parse(box.dataset.texts);
const one = (selector) => box.querySelector(selector);
const { who, longer: first } = JSON.parse(box.dataset.session);
const tabs = new BroadcastChannel("sokak-session");
let longer = first, drawn = null, putAway = null; // the states that are shown, and that the reader has closed
let writing = null; // where the caret was: a dialog that closes gives back the focus, and the keys go nowhere
let news = 0; // what has been taken over: an answer to a question from before the last of it is old

const left = () => Number(box.dataset.ends) - Date.now();
const state = () => (left() <= 0 ? "ended" : longer ? "longer" : "last");
const filled = (words) => words.replace("{time}", new Date(Number(box.dataset.ends)).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }));

/** Take over what the server tells: to this page a session of somebody else is none. */
function take(told) {
  news += 1;
  box.dataset.ends = told.who === who ? Date.now() + 1000 * told.left : 0;
  longer = told.longer;
  return told;
}

async function ask() {
  const before = news;
  try {
    const answer = await fetch("/session", { headers: { Accept: "application/json" } }), told = answer.ok ? await answer.json() : null;
    return told && before === news ? take(told) : told;
  } catch { return null; }
}

function fault(words) {
  const place = one("[data-error]");
  place.hidden = !words;
  place.textContent = words;
}

function draw(now) {
  if (now === drawn) return;
  drawn = now;
  fault("");
  one("h2").textContent = texts[now].title;
  one("#p-session").textContent = filled(texts[now].words);
  one("[data-close]").textContent = texts[now].close;
  for (const button of box.querySelectorAll("[data-in]")) button.hidden = !button.dataset.in.split(" ").includes(now);
  if (box.open) one("[data-in]:not([hidden])").focus();
}

function show() {
  const now = state();
  if (left() > WARNED_MS) {
    putAway = null;
    if (box.open) box.close();
    return;
  }
  if (now === putAway) return;
  draw(now);
  if (box.open) return;
  document.getElementById("toasts")?.replaceChildren(); // which may tell the same
  const at = document.activeElement;
  writing = typeof at.selectionStart === "number" ? [at, at.selectionStart, at.selectionEnd] : null;
  box.showModal();
}

/** It ends soon, unless another tab has put that off. */
export async function warn() {
  if (!box.open && state() !== putAway) await ask();
  show();
}

/** A call was refused as nobody's: whoever has closed the dialog before is told again. */
export async function ended() {
  if (!await ask()) box.dataset.ends = 0;
  putAway = null;
  show();
}

async function stay() {
  try {
    tabs.postMessage(take(await call("POST", "/session")));
    show();
    say(filled(texts.stays));
  } catch (error) {
    if (error.status !== 401) fault(texts.failed); // 401: `ended` tells of it
  }
}

/** Whether somebody has signed in again meanwhile. */
async function again(loudly) {
  const was = box.open ? drawn : null, told = await ask();
  show();
  if (was && !box.open) say(was === "longer" ? filled(texts.stays) : texts.again);
  else if (loudly) fault(!told ? texts.failed : told.who && told.who !== who ? texts.other : texts.not);
}

one("form").addEventListener("submit", (event) => {
  const pressed = event.submitter?.value;
  if (pressed === "close") return;
  event.preventDefault();
  if (pressed === "stay") stay();
  else again(true);
});
box.addEventListener("close", () => {
  putAway = left() > WARNED_MS ? null : drawn;
  drawn = null;
  if (writing?.[0] === document.activeElement) writing[0].setSelectionRange(writing[1], writing[2]);
});
tabs.addEventListener("message", ({ data }) => {
  take(data);
  show();
});
const back = () => { if (!document.hidden && left() <= WARNED_MS) again(false); };
addEventListener("focus", back);
document.addEventListener("visibilitychange", back);
