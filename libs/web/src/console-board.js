// The board: a card is dragged to a column, or sent there by its menu (or S); both ask for what the
// status needs. A column that the task cannot come to takes no card.
import { $, $$, paced, texts, works } from "./console-what.js";
import { mark, reselect, rows } from "./console-list.js";
import { open, split } from "./console-pane.js";
import { bring } from "./console-do.js";

const board = $(".board"), soon = paced(again, 1000);
let dragged = null;

const from = (card) => card.closest("[data-column]").dataset.column;
const fits = (card, column) => (texts.next[from(card)] ?? []).includes(column.dataset.column);

function over(column) {
  for (const one of $$(".over", board)) if (one !== column) one.classList.remove("over");
  column?.classList.add("over");
}

if (works) {
  board.addEventListener("pointerdown", (event) => {
    const card = event.target.closest("li[data-id]");
    if (card) card.draggable = split() && event.pointerType === "mouse";
  });
  board.addEventListener("dragstart", (event) => {
    const card = event.target.closest("li[data-id]");
    if (!card) return;
    dragged = card;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.id);
    for (const column of $$("[data-column]", board)) column.classList.toggle("shut", column !== card.closest("[data-column]") && !fits(card, column));
  });
  board.addEventListener("dragover", (event) => {
    const column = event.target.closest("[data-column]");
    if (!dragged || !column || !fits(dragged, column)) return over(null);
    event.preventDefault();
    over(column);
  });
  board.addEventListener("dragend", () => {
    dragged = null;
    over(null);
    for (const column of $$(".shut", board)) column.classList.remove("shut");
  });
  board.addEventListener("drop", async (event) => {
    const column = event.target.closest("[data-column]"), card = dragged;
    if (!column || !card || !fits(card, column)) return;
    event.preventDefault();
    await open(card.dataset.id);
    await bring(column.dataset.column);
  });
}

// ---- what changes moves its card: the columns are asked for anew
document.body.addEventListener("changed", ({ detail }) => {
  if (!detail.gap && !$(`[data-id="${CSS.escape(detail.id)}"]`, board)) return;
  soon();
});

async function again() {
  if (dragged) return void soon();
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (dragged) return void soon();
  const told = answer?.ok && !answer.redirected ? $(".board", new DOMParser().parseFromString(await answer.text(), "text/html")) : null;
  if (!told) return;
  const focused = document.activeElement?.closest?.(".board li[data-id]")?.dataset.id, at = board.scrollLeft, on = $("li.on", board)?.dataset.id;
  board.replaceChildren(...document.importNode(told, true).children);
  board.scrollLeft = at;
  for (const row of rows()) reselect(row);
  if (on) mark(on);
  if (focused) $(`[data-id="${CSS.escape(focused)}"] a`, board)?.focus({ preventScroll: true });
}
