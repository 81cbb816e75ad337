// Old requests from a table. The file stays here; rows go to intake part by part, first to be
// looked over, then to be taken. Nothing is remembered: intake knows a row that comes again.
import { call, say } from "./shell.js";
import { decoded, guessed, lineOf, parsed, requestOf } from "./csv.js";
import { fold } from "./fold.js";

const BATCH = 200, MOST_VALUES = 100, MOST_SHOWN = 20, AGAIN_MS = 2000, MOST_AGAIN = 60;
const path = "/api/requests/import";

export function history(box) {
  const [columns, reasons, texts, offered] = ["columns", "reasons", "texts", "offered"].map((name) => JSON.parse(box.dataset[name]));
  const at = (selector) => box.querySelector(selector);
  const told = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const fault = at("[data-fault]"), form = at("[data-map]"), result = at("[data-result]"), bar = at("progress");
  const send = at("[data-send]"), stop = at("[data-stop]"), download = at("[data-download]");
  let head = [], rows = [], stopped = false, round = 0, ready = null;

  function made(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function fail(words) {
    fault.textContent = words;
    fault.hidden = !words;
  }

  function choice(label, id, options, chosen, act) {
    const select = made("select", { className: "input", id });
    for (const [value, word] of options) select.append(new Option(word, value, false, String(value) === String(chosen)));
    select.addEventListener("change", act);
    return made("div", { className: "field" }, made("label", { htmlFor: id, textContent: label }), select);
  }

  // ---- 1. the file
  async function read() {
    const [file] = at("#file").files;
    if (!file) return;
    at("output").textContent = file.name;
    const [first, ...rest] = parsed(decoded(await file.arrayBuffer()).replace(/^\uFEFF/, ""));
    result.hidden = form.hidden = true;
    fail(first && first.cells.length > 1 && rest.length ? "" : texts.unreadable);
    if (!fault.hidden) return;
    head = first.cells.map((name) => name.trim());
    rows = rest;
    at("output").textContent = told(texts.rows, { count: rows.length, name: file.name });
    const found = guessed(head);
    at("[data-columns-here]").replaceChildren(...Object.entries(columns).map(([name, [label, needed]]) =>
      choice(label, `column-${name}`, [...(needed ? [["", "–"]] : [["", texts.none]]), ...head.map((one, place) => [place, one])], found[name] ?? "", values)));
    const sample = rows.slice(0, 3).map(({ cells }) => made("tr", {}, ...cells.map((cell) => made("td", { textContent: cell.slice(0, 80) }))));
    at("[data-sample]").replaceChildren(at("[data-sample] caption"), made("thead", {}, made("tr", {}, ...head.map((name) => made("th", { scope: "col", textContent: name })))), made("tbody", {}, ...sample));
    form.hidden = false;
    values();
  }

  at("#file").addEventListener("change", read);
  read(); // what was chosen before this was here

  const columnOf = (name) => at(`#column-${name}`).value;

  // ---- 2. the columns, and what the values of two of them are with us
  function values() {
    const parts = ["category", "department"].flatMap((name) => {
      if (columnOf(name) === "") return [];
      const theirs = [...new Set(rows.map(({ cells }) => (cells[columnOf(name)] ?? "").trim()))].filter(Boolean).sort();
      if (theirs.length > MOST_VALUES) return [made("p", { className: "meta", textContent: told(texts.too_many, { column: head[columnOf(name)], count: theirs.length }) })];
      const options = [["", name === "category" ? texts.guess : texts.usual], ...offered[name]];
      const like = (one) => offered[name].find(([code, word]) => [code, word].some((text) => fold(text) === fold(one)))?.[0] ?? "";
      const fields = theirs.map((one, number) => {
        const field = choice(one, `${name}-${number}`, options, like(one), () => {});
        field.querySelector("select").dataset.theirs = one;
        return field;
      });
      const heading = made("summary", { textContent: `${columns[name][0]} (${theirs.length})` });
      return [made("details", { open: theirs.length < 16 }, heading, made("div", { className: "two", id: `values-${name}` }, ...fields))];
    });
    at("[data-values-here]").replaceChildren(...parts);
  }

  function mapping() {
    const chosen = Object.fromEntries(Object.keys(columns).map((name) => [name, columnOf(name)]).filter(([, place]) => place !== ""));
    const lacking = Object.entries(columns).filter(([name, [, needed]]) => needed && !(name in chosen)).map(([, [label]]) => label);
    if (lacking.length) return told(texts.lacking, { names: lacking.join(", ") });
    const places = Object.values(chosen), twice = places.find((place, number) => places.indexOf(place) !== number);
    if (twice !== undefined) return told(texts.twice, { name: head[twice] });
    if (!/^[\w.-]{1,64}$/.test(at("#source").value)) return texts.source;
    const values = Object.fromEntries(["category", "department"].flatMap((name) => {
      const part = at(`#values-${name}`);
      return part ? [[name, Object.fromEntries([...part.querySelectorAll("select")].map((one) => [one.dataset.theirs, one.value]))]] : [];
    }));
    return { columns: chosen, head, values, zone: box.dataset.zone, source: at("#source").value };
  }

  // ---- 3. looked over, then taken
  const wordsOf = (found) => told(reasons[found.slug] ?? reasons.invalid, { ...found, why: found.why ?? found.slug });

  /** Ask for some rows, again as long as the service is away; those that are refused as a whole by halves. */
  async function asked(batch, source, dry) {
    const headers = dry ? {} : { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
    for (let tries = 0; ; tries++) {
      try {
        const body = { source, rows: batch.map(({ row }) => row) };
        return (await call("POST", path + (dry ? "?dry_run=true" : ""), body, { headers })).rows;
      } catch (error) {
        if (error.status === 422 || error.status === 413) { // a row that cannot be read, or too much text at once
          if (batch.length === 1) return [{ outcome: "refused", reason: "invalid", why: (error.problem?.errors ?? []).map((one) => one.message).join("; ") }];
          const half = batch.length >> 1;
          return [...await asked(batch.slice(0, half), source, dry), ...await asked(batch.slice(half), source, dry)];
        }
        if ((error.status && error.status < 500 && error.status !== 429) || stopped || tries >= MOST_AGAIN) throw error;
        at("[data-told]").textContent = texts.waiting;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** All rows, part by part; `took` are those that intake took or would take. */
  async function through(list, source, dry, tally) {
    for (let start = 0; start < list.length && !stopped; start += BATCH) {
      const batch = list.slice(start, start + BATCH), outcomes = await asked(batch, source, dry);
      outcomes.forEach((outcome, number) => {
        const elsewhere = outcome.outcome !== "refused" && outcome.tenant && outcome.tenant !== box.dataset.tenant;
        if (elsewhere || outcome.outcome === "refused") tally.bad.push({ ...batch[number], slug: elsewhere ? "tenant-not-yours" : outcome.reason, why: outcome.why });
        else {
          tally[outcome.outcome]++;
          if (outcome.outcome === "accepted") tally.took.push(batch[number]);
        }
      });
      tally.done = start + batch.length;
      bar.max = list.length;
      bar.value = tally.done;
      at("[data-told]").textContent = told(dry ? texts.checking : texts.sending, { done: tally.done, total: list.length });
    }
  }

  function report(tally, words) {
    const bad = tally.bad.sort((one, other) => one.line - other.line);
    at("[data-told]").textContent = told(words, { good: tally.accepted, already: tally.already, bad: bad.length, done: tally.done });
    say(at("[data-told]").textContent);
    const shown = bad.slice(0, MOST_SHOWN).map((one) => made("li", { textContent: told(texts.line, { line: one.line, reason: wordsOf(one) }) }));
    if (bad.length > MOST_SHOWN) shown.push(made("li", { textContent: told(texts.more, { count: bad.length - MOST_SHOWN }) }));
    at("[data-errors]").replaceChildren(...shown);
    if (download.href) URL.revokeObjectURL(download.href);
    download.hidden = !bad.length;
    const lines = [lineOf(["line", "reason", ...head]), ...bad.map((one) => lineOf([String(one.line), wordsOf(one), ...one.cells]))];
    download.href = URL.createObjectURL(new Blob(["\uFEFF", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
    download.download = texts.file;
  }

  async function work(list, known, dry, words) {
    const mine = ++round, tally = { accepted: 0, already: 0, done: 0, took: [], bad: [...known.bad] };
    stopped = false;
    stop.hidden = false; send.hidden = true; result.hidden = false; bar.value = 0;
    result.setAttribute("aria-busy", "true");
    try {
      await through(list, known.source, dry, tally);
      if (mine === round) report(tally, stopped ? told(texts.stopped, { done: tally.done, total: list.length }) : words);
    } catch (error) {
      report(tally, told(texts.refused, { why: error.problem?.title ?? error.message }));
    }
    result.removeAttribute("aria-busy");
    stop.hidden = true;
    return tally;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = mapping();
    fail(typeof chosen === "string" ? chosen : "");
    if (!fault.hidden) { fault.scrollIntoView({ block: "center" }); return; }
    const list = [], bad = [];
    for (const { line, cells } of rows) {
      const { row, fault: why } = requestOf(cells, chosen);
      if (row) list.push({ line, cells, row });
      else bad.push({ line, cells, ...why });
    }
    result.hidden = false;
    result.focus();
    const tally = await work(list, { bad, source: chosen.source }, true, texts.checked);
    ready = { list: tally.took, bad: tally.bad, source: chosen.source };
    send.hidden = !tally.took.length || stopped;
  });
  send.addEventListener("click", async () => {
    const tally = await work(ready.list, ready, false, texts.done);
    ready = { ...ready, list: ready.list.slice(tally.done), bad: tally.bad };
    send.hidden = !ready.list.length;
    (send.hidden ? result : send).focus();
  });
  stop.addEventListener("click", () => { stopped = true; });
}
