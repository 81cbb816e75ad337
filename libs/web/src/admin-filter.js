// A list that is filtered while one types; Enter asks the server, so that the address keeps it.
import { fold } from "./fold.js";
import { say } from "./shell.js";

export function filter(form) {
  const list = document.querySelector(form.dataset.filter);
  if (!list) return;
  const rows = [...list.children].map((row) => ({ row, words: row.dataset.words, depth: Number(row.dataset.depth) }));
  form.querySelector("input[type=search]").addEventListener("input", (event) => {
    const wanted = fold(event.target.value).split(/\s+/).filter(Boolean);
    let found = 0;
    let below = -1; // the depth of what is shown under the next group, going upwards
    for (const { row, words, depth } of [...rows].reverse()) {
      const fits = wanted.every((word) => words.includes(word));
      const holds = below > depth;
      row.hidden = !fits && !holds;
      if (fits) found += 1;
      if (!row.hidden) below = depth;
      else if (below > depth) below = -1;
    }
    say(form.dataset.found.replace("{count}", found));
  });
}
