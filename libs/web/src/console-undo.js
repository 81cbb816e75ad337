// What was just done can be taken back for ten seconds, by the command that does the contrary.
import { $, ask, current, fill, problemWords, texts, toast } from "./console-what.js";
import { again } from "./console-pane.js";

const LASTS_MS = 10_000;
let last = null;

/** The command that makes a task what it was, or null where no single one does: words that were
 * sent to a citizen are not taken back. */
function contrary(path, told, before, now) {
  if (told.message) return null;
  if (path === "/visibility") return { path, told: { public: !now.public } };
  const same = before.status === now.status;
  if (path === "/status") {
    const need = texts.needs[before.status];
    const free = need && !need.message && !need.duplicate_of && !need.reasons.length;
    return free && now.allowed.some((move) => move.status === before.status) ? { path, told: { status: before.status } } : null;
  }
  if (path === "/assign" && same && before.department) return { path, told: hand(before) };
  const sorted = before.category && !$(`#c-category [value="${CSS.escape(before.category)}"]`)?.dataset.unsorted;
  if (path === "/category" && same && before.department && sorted) return { path: "/assign", told: { ...hand(before), category: before.category } };
  return null;
}

const hand = ({ department, team, operator }) => ({ department, ...(team && { team }), ...(operator && { operator }) });

/** Say that it is done, and for ten seconds offer to take it back. */
export function done(words, { path, told, before, now }) {
  const back = now && contrary(path, told, before, now);
  last = back && { ...back, id: now.id, version: now.version, until: Date.now() + LASTS_MS };
  toast(words, false, back && { ms: LASTS_MS, words: texts.undo, key: "Z", act: undo });
}

export async function undo() {
  if (!last || Date.now() > last.until) return;
  const { path, told, id, version } = last;
  last = null;
  try {
    await ask("POST", `/${id}${path}`, { ...told, version });
    toast(texts.undone);
  } catch (fault) {
    toast(fill(texts.failed, { why: problemWords(fault) }), true);
  }
  if (current()?.id === id) await again();
  document.body.dispatchEvent(new CustomEvent("changed", { detail: { id } }));
}
