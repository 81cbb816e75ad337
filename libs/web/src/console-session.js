// The session has ended: said in a dialog over what is there, and nothing of that is lost.
// Signing in happens in another tab; this one goes on where it was.
import { $, listed, texts, toast } from "./console-what.js";

const box = $("#d-session"), error = $("[data-error]", box);

async function signedIn() {
  const answer = await fetch(`/console/changed?${listed()}`, { headers: { Accept: "text/html", "HX-Request-Type": "partial" } }).catch(() => null);
  return Boolean(answer?.ok);
}

async function look(loudly) {
  if (!box.open) return;
  if (await signedIn()) {
    box.close();
    toast(texts.signedIn);
  } else if (loudly) error.hidden = false;
}

$("form", box).addEventListener("submit", (event) => {
  event.preventDefault();
  look(true);
});
addEventListener("focus", () => look(false));
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(false); });

export function show() {
  if (box.open) return;
  error.hidden = true;
  $("#toasts").replaceChildren();
  box.showModal();
}
