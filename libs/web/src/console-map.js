// Maps of the console; their code comes with them.
import { $, $$, paced } from "./console-what.js";
import { draw } from "./map.js";

const drawn = new WeakMap();

/** Draw a map once; everybody who asks gets the same one. */
export function drawIn(box) {
  if (!drawn.has(box)) drawn.set(box, draw(box));
  return drawn.get(box);
}

export function drawAll() {
  for (const box of $$(".map[data-outline]")) drawIn(box);
}

// ---- what changes moves or removes its pin: they are asked for anew
const queue = $(".list > .map"), soon = paced(again, 1000);
if (queue) document.body.addEventListener("changed", ({ detail }) => {
  if (detail.gap || queue.dataset.pins.includes(detail.id) || !queue.dataset.pins.includes("href")) soon();
});

async function again() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const told = answer?.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const pins = $(".list > .map", told ?? document).dataset.pins, map = await drawIn(queue);
  if (!told || pins === queue.dataset.pins) return;
  queue.dataset.pins = pins;
  const focused = queue.contains(document.activeElement) && document.activeElement.title;
  map.setPins(JSON.parse(pins));
  if (focused) $(`[title="${CSS.escape(focused)}"]`, queue)?.focus({ preventScroll: true });
  const hoods = $(".by-hood ul", told), old = $(".by-hood ul");
  if (hoods && old) old.replaceWith(document.importNode(hoods, true));
}
