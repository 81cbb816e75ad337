// Maps of the console; their code comes with them.
import { $$ } from "./console-what.js";
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
