// The same for many tasks: first what would happen, then in portions with a result for each.
import { $, ask, fill, problemWords, texts, toast } from "./console-what.js";
import { numberOf, rows, unselect } from "./console-list.js";
import { contrary, offer } from "./console-undo.js";

const PORTION = 50;
const MOST = 500;
const box = $("#d-results"), list = $(".results", box), bar = $("progress", box), summary = $("[data-summary]", box), button = $("[data-go]", box);

export async function many(key, told, ids) {
  if (ids.length > MOST) return toast(texts.most, true);
  const wish = { [key]: told };
  list.replaceChildren();
  bar.value = 0;
  bar.hidden = true;
  summary.textContent = "";
  button.hidden = false;
  button.disabled = true;
  box.showModal();
  try {
    const dry = await ask("POST", "/bulk", { ids, ...wish, dry_run: true });
    summary.textContent = fill(texts.dryRun, { ok: dry.done, all: ids.length, no: dry.refused });
    list.append(...dry.outcomes.filter((one) => !one.ok).map(line));
    button.disabled = !dry.done;
    button.focus();
  } catch (fault) {
    summary.textContent = fill(texts.failed, { why: problemWords(fault) });
    return;
  }
  const once = crypto.randomUUID(); // a portion that is sent again changes nothing twice
  const all = [];
  let from = 0, done = 0, refused = 0;
  button.textContent = button.dataset.go;
  $("form", box).onsubmit = async (event) => {
    if (event.submitter?.value !== "go") return;
    event.preventDefault();
    button.hidden = true;
    bar.hidden = false;
    if (!from) list.replaceChildren();
    try {
      while (from < ids.length) {
        const some = ids.slice(from, from + PORTION);
        const part = await ask("POST", "/bulk", { ids: some, ...wish }, { headers: { "Idempotency-Key": `${once} ${from}` } });
        done += part.done;
        refused += part.refused;
        from += some.length;
        list.append(...part.outcomes.map(line));
        all.push(...part.outcomes.filter((one) => one.ok));
        bar.value = (100 * from) / ids.length;
      }
      unselect();
      summary.textContent = fill(texts.ran, { ok: done, no: refused });
      offerBack(`/${key}`, told, all);
    } catch (fault) {
      summary.textContent = fill(texts.failed, { why: problemWords(fault) });
      button.textContent = button.dataset.again;
      button.hidden = false;
      button.focus();
    }
  };
}

/** The command for each task that makes it what it was; those that have none are told apart. */
function offerBack(path, told, outcomes) {
  const backs = [], left = [];
  for (const { id, version, status, was } of outcomes) {
    if (!was) continue; // it was so before
    const back = contrary(path, told, was, { status });
    if (!back) left.push({ id, ok: false, reason: texts.noWayBack });
    else backs.push({ id, version, ...(back.path === "/assign" ? { assign: back.told } : back.told) });
  }
  if (backs.length) offer(summary.textContent, () => takeBack(backs, left));
}

async function takeBack(tasks, left) {
  const { done, outcomes } = await ask("POST", "/bulk/each", { tasks }, { headers: { "Idempotency-Key": crypto.randomUUID() } });
  const refused = [...outcomes.filter((one) => !one.ok), ...left];
  summary.textContent = fill(texts.tookBack, { ok: done, no: refused.length });
  list.replaceChildren(...refused.map(line));
  if (refused.length && !box.open) box.showModal();
  toast(summary.textContent);
}

function line(outcome) {
  const item = document.createElement("li"), what = document.createElement("span"), how = document.createElement("span");
  const row = rows().find((one) => one.dataset.id === outcome.id);
  what.textContent = row ? $("a", row).textContent.slice(0, 60) : numberOf(outcome.id);
  how.textContent = outcome.ok ? texts.ok : outcome.reason;
  how.className = outcome.ok ? "yes" : "no";
  item.append(what, how);
  return item;
}
