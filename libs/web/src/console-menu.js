// The command menu: what the page offers, found by typing. Its lines are the page's own links and
// buttons, so it has what is possible here and now, and nothing else.
import { fold } from "./fold.js";
import { $, $$, current, fill, get, problemWords, texts, toast } from "./console-what.js";
import { open } from "./console-pane.js";

const box = $("#d-menu"), input = $("input", box), list = $("[role=listbox]", box), none = $("[data-none]", box);
const NUMBER = /^#?([0-9a-z]{4}[- ]?[0-9a-z]{4}[- ]?[0-9a-z])$/i;
let lines = [], shown = [], at = 0;

function wordsOf(element) {
  const copy = element.cloneNode(true);
  for (const one of $$("kbd, .count, svg, .face", copy)) one.remove();
  return copy.textContent.replace(/\s+/g, " ").trim() || element.getAttribute("aria-label") || "";
}

const keyOf = (element) => (element.dataset.go ? texts.keysOn && `${texts.keys.go} ${element.dataset.go}`.toUpperCase() : $$("kbd", element).map((one) => one.textContent).join(" "));

function gathered() {
  const task = current(), found = [];
  const add = (group, elements) => {
    for (const one of elements) if (!one.hidden && wordsOf(one)) found.push({ group, words: wordsOf(one), key: keyOf(one), act: () => one.click() });
  };
  if (task) add(fill(texts.menuTask, { number: task.number }), $$(".do [data-do], .task details [data-do]", task.box));
  add(texts.menuGo, $$("#rail [data-go]"));
  add(texts.menuSaved, $$("[data-saved] a"));
  add(texts.menuShow, $$("[data-show]"));
  add(texts.menuGo, $$('#new, .top [data-do="keys"]'));
  const seen = new Set();
  return found.filter((one) => !seen.has(one.words) && seen.add(one.words));
}

async function byNumber(number) {
  const { tasks: [task] } = await get("", { text: number });
  if (task) await open(task.id, { focus: true });
  else toast(texts.notFound);
}

function search(words) {
  $("#q").value = words;
  $("#find").requestSubmit();
}

function draw() {
  const typed = input.value.trim(), parts = fold(typed).split(/\s+/), number = typed.match(NUMBER)?.[1];
  shown = lines.filter((one) => parts.every((part) => fold(one.words).includes(part))).slice(0, 40);
  if (typed) shown.push({ group: texts.menuFind, words: fill(texts.menuSearch, { words: typed }), act: () => search(typed) });
  if (number) { // few numbers are without a digit, and many words as long
    const it = { group: texts.menuFind, words: fill(texts.menuOpen, { number: number.toUpperCase() }), act: () => byNumber(number) };
    /\d/.test(number) ? shown.unshift(it) : shown.push(it);
  }
  at = 0;
  list.replaceChildren(...shown.map((one, place) => {
    const line = document.createElement("li"), words = document.createElement("span"), group = document.createElement("span");
    line.id = `menu-${place}`;
    line.role = "option";
    words.textContent = one.words;
    group.className = "meta";
    group.textContent = one.group;
    line.append(words, group);
    if (one.key) {
      const key = document.createElement("kbd");
      key.textContent = one.key;
      line.append(key);
    }
    line.onclick = () => choose(place);
    return line;
  }));
  list.hidden = !shown.length;
  none.hidden = Boolean(shown.length);
  point(0);
}

function point(place) {
  at = (place + shown.length) % Math.max(1, shown.length);
  for (const [n, line] of [...list.children].entries()) line.setAttribute("aria-selected", n === at);
  if (shown.length) input.setAttribute("aria-activedescendant", `menu-${at}`);
  else input.removeAttribute("aria-activedescendant");
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

export async function choose(place) {
  const one = shown[place];
  if (!one) return;
  box.close();
  try {
    await one.act();
  } catch (fault) {
    toast(fill(texts.failed, { why: problemWords(fault) }), true);
  }
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };
input.addEventListener("input", draw);
input.addEventListener("keydown", (event) => {
  if (!STEPS[event.key]) return;
  event.preventDefault();
  point(at + STEPS[event.key]);
});
$("form", box).addEventListener("submit", (event) => {
  event.preventDefault();
  choose(at);
});

export function show() {
  lines = gathered();
  draw();
}
