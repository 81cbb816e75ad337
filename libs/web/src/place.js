// Where it is: by the device, by moving the map, by keys, by a neighbourhood's name, by numbers.
import { icon } from "./shell.js";
import { mapOf, position } from "./citizen.js";

const PATIENCE_MS = 800, SETTLED_MS = 350;

export function place(report) {
  const { at, texts, form } = report;
  const box = at("[data-place]"), told = at("[data-place-told]"), select = form.elements.neighbourhood;
  let drawn, number = 0, quiet = true, timer;

  // ---- the answer to a place: who answers there, and what can be chosen
  async function choose(lat, lon, { move = true, rough } = {}) {
    lat = Math.round(lat * 1e6) / 1e6; lon = Math.round(lon * 1e6) / 1e6;
    form.elements.lat.value = lat; form.elements.lon.value = lon;
    report.keep({ lat, lon, outside: false });
    if (move) await moveTo(lat, lon);
    const mine = ++number;
    try {
      const answer = await fetch(`/report/place?lat=${lat}&lon=${lon}`);
      if (!answer.ok || mine !== number) return;
      told.innerHTML = await answer.text();
    } catch { return; } // without the net the server decides when it is sent
    if (rough) {
      const note = document.createElement("p");
      note.className = "notice"; note.textContent = texts.rough.replace("{m}", rough);
      told.append(note);
    }
    const here = at("[data-here]", told);
    report.keep({ outside: !here, placeName: here ? at("strong", here).textContent : "" });
    if (!here) return;
    const { tenant, neighbourhood } = here.dataset;
    if ([...select.options].some((one) => one.value === neighbourhood)) select.value = neighbourhood;
    if (tenant !== report.tenant() || !form.elements.category.querySelector("optgroup")) another(here.dataset);
    report.keep({ tenant });
    report.changed.placed?.();
    report.about();
    same();
  }

  report.choose = choose;

  /** The place is another municipality's than was thought: its look, its categories. */
  function another({ tenant, name, theme, logo }) {
    const { category } = form.elements, before = category.value;
    for (const group of category.querySelectorAll("optgroup")) group.remove();
    category.append(at("[data-categories]", told).content.cloneNode(true));
    category.value = [...category.options].some((one) => one.value === before) ? before : "";
    report.keep({ category: category.value, tenant });
    const picture = logo ? [Object.assign(new Image(), { className: "logo", alt: "", src: logo })] : [];
    document.querySelector(".plate").replaceChildren(...picture, name);
    if (theme && !document.querySelector(`link[href="${theme}"]`)) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: theme }));
    }
    at("[data-choose]")?.setAttribute("hidden", "");
  }

  // ---- has it been reported already? Skipped where it takes too long.
  async function same() {
    const { lat, lon, category } = report.draft(), part = at("[data-same]");
    try {
      const answer = await fetch("/report/same", {
        method: "POST", signal: AbortSignal.timeout(PATIENCE_MS),
        headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf.value },
        body: JSON.stringify({ point: { lat, lon }, text: form.elements.text.value.trim(), ...(category ? { category } : {}) }),
      });
      part.innerHTML = answer.ok ? await answer.text() : "";
    } catch { part.innerHTML = ""; }
    part.hidden = !part.childElementCount;
  }
  report.changed.category = () => { if (Number.isFinite(report.draft().lat) && at('[data-step="where"]').matches(".on")) same(); };

  // ---- the map; its middle is the place
  async function map() {
    if (drawn) return drawn;
    const { lat, lon } = report.draft();
    if (Number.isFinite(lat)) box.dataset.view = `${lat},${lon},16.5`;
    drawn = await mapOf(box);
    const { map: leaflet } = drawn;
    leaflet.on("click", ({ latlng }) => choose(latlng.lat, latlng.lng));
    leaflet.on("moveend", () => {
      if (quiet) return;
      clearTimeout(timer);
      timer = setTimeout(() => centre(false), SETTLED_MS);
    });
    quiet = false;
    return drawn;
  }
  async function centre(move) {
    const { lat, lng } = (await map()).map.getCenter();
    return choose(lat, lng, { move });
  }
  async function moveTo(lat, lon) {
    const { map: leaflet } = await map();
    quiet = true;
    leaflet.setView([lat, lon], Math.max(leaflet.getZoom(), 16.5), { animate: false });
    quiet = false;
  }
  at("[data-centre]").addEventListener("click", () => centre(false));
  at("[data-locate]").addEventListener("click", async ({ currentTarget: button }) => {
    button.disabled = true;
    try {
      const { coords } = await position();
      await choose(coords.latitude, coords.longitude, { rough: coords.accuracy > 100 ? Math.round(coords.accuracy) : 0 });
    } catch {
      told.innerHTML = `<p class="notice warn">${icon("st-overdue")}<span></span></p>`;
      at("span", told).textContent = texts.denied;
    }
    button.disabled = false;
  });
  for (const name of ["lat", "lon"]) {
    form.elements[name].addEventListener("change", () => {
      const [lat, lon] = ["lat", "lon"].map((one) => Number.parseFloat(form.elements[one].value.replace(",", ".")));
      if (Math.abs(lat) <= 90 && Math.abs(lon) <= 180) choose(lat, lon);
    });
  }

  // ---- neighbourhoods: by their names in the list, or by typing
  async function toNeighbourhood(code) {
    const { outline } = await map();
    const found = outline.features.find(({ properties: p }) => p.code === code);
    if (!found) return;
    const [lon, lat] = found.properties.label;
    select.value = code;
    await choose(lat, lon);
    select.value = code;
  }
  select.addEventListener("change", () => { if (select.value) toNeighbourhood(select.value); });

  let searching;
  report.changed.where = async () => {
    searching ??= import("./find.js").then(({ search }) => search({
      find: at("[data-find]"), list: at("[data-found]"), select, tenant: form.dataset.tenant, told: texts.found, own: toNeighbourhood, choose,
    }), () => { searching = null; });
    const { map: leaflet } = await map();
    leaflet.invalidateSize();
    const { lat, lon } = report.draft();
    if (Number.isFinite(lat) && !told.childElementCount) choose(lat, lon);
    else if (Number.isFinite(lat)) same();
  };
}
