// What was just done can be taken back for ten seconds, by the command that does the contrary.
import { $, ask, fill, problemWords, texts, toast } from "./console-what.js";
import { again } from "./console-pane.js";

const LASTS_MS = 10_000;
let last = null;

/** The command that makes a task what it was, or null where no single one does: words that were
 * sent to a citizen are not taken back. */
export function contrary(path, told, before, now) {
  if (told.message) return null;
  if (path === "/visibility") return { path, told: { public: !now.public } };
  const same = before.status === now.status;
  if (path === "/status") {
    const need = texts.needs[before.status];
    const free = need && !need.message && !need.duplicate_of && !need.reasons.length;
    return free && texts.next[now.status]?.includes(before.status) ? { path, told: { status: before.status } } : null;
  }
  if (path === "/assign" && same && before.department) return { path, told: hand(before) };
  const sorted = before.category && !$(`#c-category [value="${CSS.escape(before.category)}"]`)?.dataset.unsorted;
  if (path === "/category" && same && before.department && sorted) return { path: "/assign", told: { ...hand(before), category: before.category } };
  return null;
}

const hand = ({ department, team, operator }) => ({ department, ...(team && { team }), ...(operator && { operator }) });

/** Say what is done, and for ten seconds offer `back`, which takes it back and says so. */
export function offer(words, back) {
  last = back && { back, until: Date.now() + LASTS_MS };
  toast(words, false, back && { ms: LASTS_MS, words: texts.undo, key: texts.keysOn ? texts.keys.undo.toUpperCase() : "", act: undo });
}

/** Say that it is done, and offer to take it back where one command does. */
export function done(words, { path, told, before, now }) {
  const back = now && contrary(path, told, before, now);
  offer(words, back && (async () => {
    try {
      await ask("POST", `/${now.id}${back.path}`, { ...back.told, version: now.version });
      toast(texts.undone);
    } finally {
      document.body.dispatchEvent(new CustomEvent("changed", { detail: { id: now.id } }));
    }
  }));
}

export async function undo() {
  if (!last || Date.now() > last.until) return;
  const { back } = last;
  last = null;
  try {
    await back();
  } catch (fault) {
    toast(fill(texts.failed, { why: problemWords(fault) }), true);
  }
  await again();
}
