// The administration's forms: nothing typed is lost by leaving, files say their names, maps are drawn.
import { say } from "./shell.js";

const texts = document.body.dataset;
let dirty = false;

for (const form of document.querySelectorAll("form[data-guard]")) {
  const note = document.createElement("p");
  note.className = "unsaved";
  note.textContent = texts.unsaved;
  note.hidden = form.dataset.guard !== "dirty";
  form.append(note);
  dirty ||= !note.hidden;
  const touch = () => {
    if (!dirty) say(texts.unsaved);
    dirty = true;
    note.hidden = false;
  };
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("submit", () => { dirty = false; });
}
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

// ---- buttons that cannot be undone ask once more
for (const button of document.querySelectorAll("button[data-sure]")) {
  button.addEventListener("click", (event) => {
    if (!confirm(button.dataset.sure)) event.preventDefault();
    else dirty = false;
  });
}

// ---- the button of a file says which one was chosen
for (const input of document.querySelectorAll(".upload input[type=file]")) {
  input.addEventListener("change", () => {
    const told = input.closest(".upload").querySelector("output");
    if (told) told.textContent = input.files[0]?.name ?? "";
  });
}

for (const box of document.querySelectorAll("[data-rows]")) {
  import("./admin-rows.js").then(({ rows }) => rows(box));
}
for (const form of document.querySelectorAll("form[data-filter]")) {
  import("./admin-filter.js").then(({ filter }) => filter(form));
}

for (const box of document.querySelectorAll(".map[data-outline], .map[data-features]")) {
  import("./map.js").then(({ draw }) => draw(box));
}

// ---- what a single step needs comes with it
const ISLANDS = {
  "[data-look]": () => import("./admin-look.js").then(({ look }) => look),
  "[data-pick]": () => import("./admin-bench.js").then(({ bench }) => bench),
  "[data-integrators]": () => import("./admin-integrators.js").then(({ integrators }) => integrators),
  "[data-history]": () => import("./admin-history.js").then(({ history }) => history),
};
for (const [selector, load] of Object.entries(ISLANDS)) {
  for (const box of document.querySelectorAll(selector)) load().then((start) => start(box));
}
