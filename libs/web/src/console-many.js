// The same for many tasks: first what would happen, then in portions with a result for each.
import { $, ask, fill, problemWords, texts, toast } from "./console-what.js";
import { numberOf, rows, unselect } from "./console-list.js";

const PORTION = 50;
const MOST = 500;

export async function many(key, told, ids) {
  if (ids.length > MOST) return toast(texts.most, true);
  const box = $("#d-results"), list = $(".results", box), bar = $("progress", box), summary = $("[data-summary]", box), button = $("[data-go]", box);
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
        bar.value = (100 * from) / ids.length;
      }
      unselect();
      summary.textContent = fill(texts.ran, { ok: done, no: refused });
    } catch (fault) {
      summary.textContent = fill(texts.failed, { why: problemWords(fault) });
      button.textContent = button.dataset.again;
      button.hidden = false;
      button.focus();
    }
  };
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
