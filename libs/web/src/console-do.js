// What one does with a task: dialogs, the API, and what happens where somebody was faster.
import { locale } from "./shell.js";
import { $, $$, ask, current, fill, get, me, problemWords, texts, toast, works } from "./console-what.js";
import { chosen, every, unselect } from "./console-list.js";
import { again } from "./console-pane.js";
import { addressee, forget, write } from "./console-write.js";
import { many } from "./console-many.js";
import { done, undo } from "./console-undo.js";

const dialog = (name) => $(`#d-${name}`);
const parts = (box) => Object.fromEntries(new FormData($("form", box)));
let menu = null; // its script, once it was needed
const SHOWN = ["status", "department", "operator", "category"];

/** Open a dialog; resolves with what was chosen, or null. `act` may refuse with an error. */
export function asked(box, act, about = "") {
  const error = $("[data-error]", box), place = $("[data-for]", box);
  if (place) place.textContent = about;
  if (error) error.hidden = true;
  box.returnValue = "";
  box.showModal();
  return new Promise((resolve) => {
    const form = $("form", box);
    const submit = async (event) => {
      event.preventDefault();
      const button = event.submitter;
      if (!act) return finish(button?.value ?? "");
      button && (button.disabled = true);
      try {
        await act(parts(box));
        finish("done");
      } catch (fault) {
        if (fault.status === 409 && fault.problem?.current) finish("conflict");
        else if (error) {
          error.textContent = problemWords(fault);
          error.hidden = false;
        }
      } finally {
        button && (button.disabled = false);
      }
    };
    const finish = (value) => { box.returnValue = value; box.close(); };
    const closed = () => {
      form.removeEventListener("submit", submit);
      box.removeEventListener("close", closed);
      resolve(box.returnValue || null);
    };
    form.addEventListener("submit", submit);
    box.addEventListener("close", closed);
  });
}

/** Send a change of the task that is shown; a conflict is shown as a difference and decided. */
export async function change(path, told, words = texts.done) {
  let now;
  const task = current(), before = snapshot(task);
  const send = (version) => ask("POST", `/${task.id}${path}`, { ...told, ...(path === "/comments" ? {} : { version }) });
  try {
    now = await send(task.version);
  } catch (fault) {
    if (fault.status !== 409 || !fault.problem?.current) throw fault;
    const theirs = fault.problem.current;
    const decided = await conflict(before, theirs, told);
    if (decided === "mine") await send(theirs.version);
    else {
      await again();
      return false;
    }
  }
  done(words, { path, told, before, now });
  await again();
  return true;
}

function snapshot(task) {
  return { status: task.status, department: task.department, team: task.team, operator: task.box.dataset.operator ?? "", category: task.category };
}

const wordOf = {
  status: (value) => texts.statuses[value] ?? value,
  department: (value) => $(`#a-department option[value="${CSS.escape(value ?? "")}"]`)?.textContent ?? value ?? "–",
  operator: (value) => (value ? texts.people[value] ?? value : texts.nobody),
  category: (value) => $(`#c-category option[value="${CSS.escape(value ?? "")}"]`)?.textContent ?? value ?? "–",
};

async function conflict(before, now, mine) {
  const box = dialog("conflict"), there = {
    status: now.status, department: now.department?.code, operator: now.operator, category: now.category?.code,
  };
  const last = now.history.at(-1), who = last?.by?.id ? texts.people[last.by.id] ?? last.by.id : "";
  $("[data-conflict]", box).textContent = [texts.conflict, who].filter(Boolean).join(" ");
  const lines = SHOWN.map((name) => {
    const line = document.createElement("tr"), head = document.createElement("th");
    head.scope = "row";
    head.textContent = texts[name];
    const cells = [before[name], there[name], mine[name]].map((value, place) => {
      const cell = document.createElement("td");
      cell.textContent = place === 2 && mine[name] === undefined ? "" : wordOf[name](value);
      return cell;
    });
    if ((before[name] || "") !== (there[name] || "")) cells[1].className = "other";
    line.append(head, ...cells);
    return line;
  });
  $("tbody", box).replaceChildren(...lines);
  return asked(box);
}

// ---- the dialogs
const drop = (told) => Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ""));
const about = (ids) => (ids.length ? fill(texts.tasks, { n: ids.length }) : current()?.number ?? "");

/** Do it to what is selected, where anything is, else to the task that is shown. */
async function run(name, box, path, key, shape = drop) {
  const ids = chosen();
  if (!ids.length && !current()) return;
  await asked(box, async (values) => {
    const told = shape(values);
    if (ids.length) queueMicrotask(() => many(key, told, ids));
    else await later(() => change(path, told), box);
  }, about(ids));
}

/** A conflict's own dialog must not stand behind the first one. */
async function later(send, box) {
  const task = current();
  try {
    await send();
  } catch (fault) {
    if (!box.open || task?.id !== current()?.id) toast(problemWords(fault), true);
    throw fault;
  }
}

function teams() {
  const from = $("#a-department").selectedOptions[0], select = $("#a-team"), kept = select.value;
  const options = JSON.parse(from?.dataset.teams || "[]").map(([code, name]) => new Option(name, code));
  select.replaceChildren(select.options[0], ...options);
  select.value = options.some((one) => one.value === kept) ? kept : "";
}
$("#a-department")?.addEventListener("change", teams);

function need() {
  const box = dialog("status"), status = $("#s-status").value, wants = texts.needs[status] ?? { reasons: [] };
  const reason = $("#s-reason");
  reason.replaceChildren(...wants.reasons.map(([code, word]) => new Option(word, code)));
  $('[data-need="reasons"]', box).hidden = !wants.reasons.length;
  $('[data-need="duplicate_of"]', box).hidden = !wants.duplicate_of;
  $("#s-message").required = Boolean(wants.message);
  $("[data-preview]", box).textContent = texts.words[status] ?? "";
  preview();
}
const preview = () => { $("[data-preview-message]", dialog("status")).textContent = $("#s-message").value; };
$("#s-status")?.addEventListener("change", need);
$("#s-message")?.addEventListener("input", preview);

let looked = 0;
async function consequences() {
  const place = $("[data-preview-category]"), task = current(), turn = ++looked;
  place.textContent = "";
  if (chosen().length || !task) return;
  try {
    const told = await get(`/${task.id}/category`, { category: $("#c-category").value });
    if (turn === looked) place.textContent = words(told);
  } catch { /* the dialog works without it */ }
}
const words = (told) => fill(texts.due, {
  due: told.due_at ? new Date(told.due_at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }) : texts.noDate,
  department: wordOf.department(told.department),
});
$("#c-category")?.addEventListener("change", () => consequences());

export const doing = {
  mine: async () => {
    const task = current();
    const department = task.department || $("#a-department").value;
    await guarded(change("/assign", drop({ department, team: task.team, operator: me })));
  },
  assign: async () => {
    const task = current();
    if (task && !chosen().length) {
      $("#a-department").value = task.department || $("#a-department").value;
      teams();
      $("#a-team").value = task.team;
    } else teams();
    await run("assign", dialog("assign"), "/assign", "assign");
  },
  status: async (_, to) => {
    const task = current(), ids = chosen();
    const possible = ids.length ? Object.keys(texts.needs).filter((one) => one !== "duplicate") : (task?.moves ?? []).map((one) => one.status).filter((one) => one !== "duplicate");
    if (!possible.length) return;
    $("#s-status").replaceChildren(...possible.map((one) => new Option(texts.statuses[one], one)));
    if (to) $("#s-status").value = to;
    $("#s-message").value = "";
    need();
    await run("status", dialog("status"), "/status", "status");
  },
  category: async () => {
    const task = current();
    if (task?.category) $("#c-category").value = task.category;
    consequences();
    await run("category", dialog("category"), "/category", "category", ({ reroute, ...told }) => drop({ ...told, reroute: reroute === "on" }));
  },
  message: () => run("message", dialog("message"), "/comments", "comment", (told) => ({ message: told.message, public: told.public === "true" })),
  merge: async (button) => {
    $("#m-into").value = button?.dataset.into ?? "";
    compare();
    await run("merge", dialog("merge"), "/merge", null, ({ into }) => ({ into }));
  },
  reopen: () => guarded(change("/status", { status: "reopened", reason: "not_solved" })),
  decline: () => run("decline", dialog("decline"), "/decline-reopening", null, ({ message }) => ({ message })),
  visibility: (button) => guarded(change("/visibility", { public: button.dataset.public === "true" })),
  reply: () => write("citizen"),
  note: () => write("note"),
  copy: () => navigator.clipboard?.writeText(current().number).then(() => toast(texts.copied)),
  print: () => print(),
  keys: async () => {
    await import("./console-sheet.js").catch(() => {}); // its keys can be read without
    dialog("keys").showModal();
  },
  menu: async () => { // open at once: what is typed, and Enter, while its script comes is not lost
    const box = dialog("menu"), form = $("form", box);
    let entered = false;
    $("input", box).value = "";
    box.showModal();
    if (!menu) { // and nothing is done twice, by this and by the script that has just come
      form.onsubmit = (event) => { event.preventDefault(); event.stopImmediatePropagation(); entered = true; };
      menu = await import("./console-menu.js");
      form.onsubmit = null;
    }
    menu.show();
    if (entered) menu.choose(0);
  },
  undo: () => undo(),
  unselect: () => unselect(),
  every: () => guarded(every()),
  cancel: (button) => button.closest("dialog").close(),
};

/** Bring the task that is shown to a status: at once where nothing else is needed, else asking. */
export async function bring(status) {
  unselect();
  if (status === "assigned") return doing.assign();
  if (!current().moves.some((move) => move.status === status)) return toast(fill(texts.cannot, { status: texts.statuses[status] }), true);
  const { message, reasons, duplicate_of: other } = texts.needs[status];
  if (message || other || reasons.length) await doing.status(null, status);
  else await guarded(change("/status", { status }));
}

async function guarded(promise) {
  try {
    await promise;
  } catch (fault) {
    toast(fill(texts.failed, { why: problemWords(fault) }), true);
  }
}

// ---- two tasks side by side before they become one
let comparing;
async function compare() {
  const place = $("[data-compare]"), number = $("#m-into").value.trim(), task = current();
  place.replaceChildren();
  if (number.length < 9) return;
  const found = await get("", { text: number }).catch(() => null);
  const other = found?.tasks?.[0];
  const side = (title, text, more) => {
    const box = document.createElement("div");
    for (const [name, told] of [["strong", title], ["p", text], ["p", more]]) {
      const part = document.createElement(name);
      part.textContent = told;
      if (told === more) part.className = "meta";
      box.append(part);
    }
    return box;
  };
  if (!other) return place.replaceChildren(side(number, texts.notFound, ""));
  place.replaceChildren(
    side(task.number, $(".say", task.box).textContent, ""),
    side(other.tracking_number, other.excerpt ?? "", [other.neighbourhood?.name, fill(texts.voices, { n: other.voices })].filter(Boolean).join(" · ")),
  );
}
$("#m-into")?.addEventListener("input", () => { clearTimeout(comparing); comparing = setTimeout(compare, 250); });

// ---- writing
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && doing[button.dataset.do]) {
    button.closest("details.menu")?.removeAttribute("open");
    const card = button.closest(".board li");
    if (card) return import("./console-pane.js").then(({ open }) => open(card.dataset.id)).then(() => doing[button.dataset.do](button));
    doing[button.dataset.do](button);
  }
});
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-write]")) return;
  event.preventDefault();
  const area = $("#words"), message = area.value.trim(), note = addressee() === "note";
  if (!message) return area.focus();
  const question = !note && $("[data-ask]")?.checked;
  const id = current().id;
  await guarded((async () => {
    const kept = area.value;
    const sent = question
      ? await change("/status", { status: "awaiting_citizen", message }, texts.sent)
      : await change("/comments", { message, public: !note }, note ? texts.noteSaved : texts.sent);
    if (sent && area.value === kept) {
      area.value = "";
      forget(id);
      if ($("[data-ask]")) $("[data-ask]").checked = false;
    }
  })());
});
if (!works) for (const name of Object.keys(doing)) if (!["copy", "print", "keys", "menu", "cancel"].includes(name)) delete doing[name];
