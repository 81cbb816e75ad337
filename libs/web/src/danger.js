// Danger to life: whom to call is told while one writes. Intake knows the words, for the citizen's
// form and for the call centre's.
import { csrf } from "./shell.js";

const PAUSE_MS = 400;

/** Keep these places up to date with what `written()` gives; call what is returned after each change. */
export function warn(places, written) {
  let timer, asked = "", number = 0, shown = null;
  async function ask() {
    const body = JSON.stringify(written()), mine = ++number;
    if (body === asked) return;
    asked = body;
    const answer = await fetch("/report/danger", {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() }, body,
    }).catch(() => null);
    const told = answer?.ok ? (await answer.text()).trim() : null;
    if (mine !== number) return;
    if (told === null) asked = ""; // the next change asks again
    else if (told !== shown) for (const place of places) place.innerHTML = told; // once, as it is read out
    shown = told ?? shown;
  }
  return () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  };
}
