// Saved views: a list's address under a name, kept in this browser.
import { icon } from "./shell.js";
import { $, $$, fill, listed, tenant, texts } from "./console-what.js";
import { doing } from "./console-do.js";

const KEPT = `console views ${tenant}`;
const known = () => JSON.parse(localStorage.getItem(KEPT) || "[]");
const keep = (views) => { localStorage.setItem(KEPT, JSON.stringify(views)); show(); };

function show() {
  const box = $("[data-saved]"), views = known();
  if (!box) return;
  box.hidden = !views.length;
  const lines = views.map((view) => {
    const line = document.createElement("div"), link = document.createElement("a"), away = document.createElement("button");
    line.className = "saved";
    link.href = `/console?${view.query}`;
    link.textContent = view.name;
    away.className = "btn bare only";
    away.type = "button";
    away.innerHTML = icon("close");
    away.setAttribute("aria-label", fill(texts.remove, { name: view.name }));
    away.onclick = () => keep(known().filter((one) => one.name !== view.name));
    line.append(link, away);
    return line;
  });
  box.replaceChildren(box.firstElementChild, ...lines);
}

doing["save-view"] = () => {
  const box = $("#d-view"), name = $("#v-name");
  name.value = $("#list h1").textContent;
  box.returnValue = "";
  box.showModal();
  name.select();
  box.onclose = () => {
    if (box.returnValue !== "go" || !name.value.trim()) return;
    const one = { name: name.value.trim().slice(0, 60), query: listed().toString() };
    keep([...known().filter((view) => view.name !== one.name), one]);
  };
};
doing.columns = () => {
  const chosen = $$("[data-columns] :checked").map((one) => one.value).join(".");
  document.cookie = `sokak_columns=${chosen}; path=/console; max-age=31536000; samesite=lax`;
  location.reload();
};
show();
