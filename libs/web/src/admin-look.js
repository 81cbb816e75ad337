// Colours are seen and checked while they are chosen; the server checks them again.
import { locale, say } from "./shell.js";

const COLOUR = /^#[0-9a-f]{6}$/i;

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

const letters = (colour) => (luminance(colour) < 0.18 ? "#ffffff" : "#000000");

export function look(form) {
  const { accent, plate, ground } = form.elements, root = document.documentElement.style;

  function check(id, found) {
    const row = document.querySelector(`[data-check="${id}"]`), good = found >= Number(row.dataset.least);
    const status = row.querySelector(".status"), st = good ? "resolved" : "overdue";
    row.querySelector("[data-ratio]").textContent = `${found.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}:1`;
    if (status.dataset.st !== st) say(row.textContent.trim());
    status.dataset.st = st;
    row.querySelector("use").setAttribute("href", good ? form.dataset.good : form.dataset.bad);
  }

  function show() {
    if (COLOUR.test(accent.value)) {
      root.setProperty("--tenant-accent", accent.value);
      check("white", contrast(accent.value, "#ffffff"));
      check("accent", contrast(accent.value, letters(accent.value)));
    }
    if (COLOUR.test(plate.value)) {
      root.setProperty("--tenant-plate", plate.value);
      check("plate", contrast(plate.value, letters(plate.value)));
    }
    if (/^\d{1,3}$/.test(ground.value) && ground.value <= 360) root.setProperty("--tenant-ground", ground.value);
  }

  for (const picker of form.querySelectorAll("input[type=color]")) {
    const field = document.getElementById(picker.dataset.for);
    picker.hidden = false;
    picker.addEventListener("input", () => { field.value = picker.value; show(); });
    field.addEventListener("input", () => { if (COLOUR.test(field.value)) picker.value = field.value; });
  }
  form.addEventListener("input", show);
  show();
}
