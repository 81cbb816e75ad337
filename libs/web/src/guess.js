// The live suggestion of a category: routing is asked while one writes, and is missing silently.
import { call, icon, language } from "./shell.js";

const PATIENCE_MS = 800, PAUSE_MS = 500, SHORTEST = 8;

export function guess(report) {
  const { at, texts, form } = report;
  const box = at("[data-guess]");
  let timer, number = 0;

  async function ask() {
    const draft = report.draft(), text = form.elements.text.value.trim(), tenant = report.tenant();
    if (text.length < SHORTEST || !(tenant || Number.isFinite(draft.lat))) return hide();
    const mine = ++number;
    const asked = {
      text, type: draft.type, ...(tenant ? { tenant } : {}),
      ...(Number.isFinite(draft.lat) ? { point: { lat: draft.lat, lon: draft.lon } } : {}),
    };
    let told;
    try {
      told = await call("POST", "/api/routing/explain", asked, { signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch { return hide(); }
    if (mine !== number) return undefined;
    return told?.category_source === "classifier" ? suggest(told) : hide();
  }

  const hide = () => { box.hidden = true; };

  function suggest(told) {
    const option = (code) => [...form.elements.category.options].find((one) => one.value === code);
    if (!option(told.category.code)) return hide();
    at("[data-guess-icon]").innerHTML = icon(option(told.category.code).dataset.icon);
    at("[data-guess-name]").textContent = told.category.names[language];
    at("[data-guess-department]").textContent = told.department.names[language];
    const why = at("[data-guess-why]");
    const words = told.terms.slice(0, 3).join("”, “");
    why.textContent = words ? texts.because.replace("{words}", words) : "";
    const others = told.candidates.filter(({ category }) => category.code !== told.category.code && option(category.code)).slice(0, 2);
    const chip = (words, code) => {
      const made = document.createElement("button");
      made.type = "button"; made.className = "chip"; made.textContent = words;
      made.addEventListener("click", () => { report.take(code, true); form.elements.category.focus(); });
      return made;
    };
    at("[data-guess-others]").replaceChildren(
      ...others.map(({ category }) => chip(category.names[language], category.code)), chip(texts.unsure, ""),
    );
    box.hidden = false;
    if (!report.draft().chosen) report.take(told.category.code, false);
    return undefined;
  }

  const later = () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE_MS); };
  report.changed.text = later;
  report.changed.placed = later;
  for (const radio of form.elements.type) radio.addEventListener("change", later);
  if (form.elements.text.value) ask();
}
