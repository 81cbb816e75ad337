// The map: a tenant's neighbourhoods as pale cloths, pins on top, no tiles and nothing from elsewhere.
// Load it late: `const { draw } = await import("./map.js")`.
//
//   <div class="map" role="region" aria-label="…" data-outline="/outline/…json" data-view="lat,lon,zoom"
//        data-pins='[{"at":[lat,lon],"st":"new","name":"…","href":"…","id":"…"}]' data-here="lat,lon" data-radius="500">
//     <div></div>
//   </div>
//
// Instead of data-outline, data-features holds the outline itself. Without data-view the whole outline is shown. Each map has the same as a list beside it.
import L from "leaflet";

const APART = 48; // pixels: a pin's target is 44 wide
const LEAST_SHOWN = 0.6; // of a name’s width: what its neighbourhood must have on the screen, or it names another
const MOST_PINS = 400; // beyond these, pins are dots on a canvas

/** Between two pieces of work: a key or a finger that waits comes first. */
const breathe = () => new Promise((done) => setTimeout(done));

/** Draw a map into its element. Resolves with what a page may do with it. */
export async function draw(box) {
  const texts = JSON.parse(box.dataset.texts || "{}");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(box.firstElementChild, {
    zoomControl: false, zoomSnap: 0.25, scrollWheelZoom: false, zoomAnimation: !still, fadeAnimation: !still, maxZoom: 19,
  });
  box.addEventListener("focusin", () => map.scrollWheelZoom.enable());
  box.addEventListener("focusout", () => map.scrollWheelZoom.disable());
  box.addEventListener("pointerdown", () => map.scrollWheelZoom.enable());
  L.control.zoom({ position: "bottomright", zoomInTitle: texts.in ?? "Yakınlaştır", zoomOutTitle: texts.out ?? "Uzaklaştır" }).addTo(map);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>')
    .addAttribution('© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a>');

  const outline = box.dataset.features ? JSON.parse(box.dataset.features) : box.dataset.outline ? await (await fetch(box.dataset.outline)).json() : { type: "FeatureCollection", features: [] };
  const cloth = L.geoJSON(outline, {
    interactive: false,
    style: ({ properties: p }) => ({ className: p.kind === "edge" ? "kenar" : p.kind === "d" || p.kind === "was" ? p.kind : `m m${p.tint}` }),
  }).addTo(map);
  await breathe();
  const here = box.dataset.here?.split(",").map(Number);
  const whole = L.geoJSON(outline.features.filter(({ properties: p }) => p.kind === "edge")).getBounds();
  if (box.dataset.view) {
    const [lat, lon, zoom] = box.dataset.view.split(",").map(Number);
    map.setView([lat, lon], zoom);
  } else if (whole.isValid()) map.fitBounds(whole, { padding: [12, 12] });
  else map.setView([39.95, 32.86], 11);

  const layer = L.layerGroup().addTo(map);
  const names = L.layerGroup().addTo(map);
  let pins = [];

  const bounds = new Map(cloth.getLayers().map((part) => [part.feature, part.getBounds()]));
  const widthOf = (feature) => {
    const around = bounds.get(feature);
    return map.latLngToContainerPoint(around.getSouthEast()).x - map.latLngToContainerPoint(around.getSouthWest()).x;
  };

  /** What stands on the map: the buttons and the line of credits. */
  function controls() {
    const { left, top } = box.getBoundingClientRect();
    return [...box.querySelectorAll(".leaflet-control")].map((one) => {
      const told = one.getBoundingClientRect();
      return { x: told.x - left + told.width / 2, y: told.y - top + told.height / 2, w: told.width / 2, h: told.height / 2 + 8 };
    });
  }

  function label() { // a name keeps clear of pins, of controls and of other names, or stays away
    names.clearLayers();
    const size = map.getSize();
    const taken = [...pins.slice(0, MOST_PINS).map((pin) => pin.at), ...(here ? [here] : [])].map((at) => {
      const { x, y } = map.latLngToContainerPoint(at);
      return { x, y: y - (at === here ? 0 : 18), w: 18, h: 28 };
    }).concat(controls());
    const known = outline.features.filter(({ properties: p }) => p.label)
      .sort((a, b) => (b.properties.pop ?? 1e6) - (a.properties.pop ?? 1e6));
    for (const feature of known) {
      const { properties: p } = feature, { x, y } = map.latLngToContainerPoint([p.label[1], p.label[0]]);
      const w = p.name.length * 3.6 + 6;
      if (widthOf(feature) < 2 * w * LEAST_SHOWN || x < w || x > size.x - w || y < 12 || y > size.y - 12) continue;
      const dy = [0, 24, -24, 48].find((d) => !taken.some((t) => Math.abs(t.x - x) < t.w + w && Math.abs(t.y - y - d) < t.h));
      if (dy === undefined) continue;
      taken.push({ x, y: y + dy, w, h: 16 });
      const words = document.createElement("span");
      words.textContent = p.name;
      const icon = L.divIcon({ className: `hood ${p.kind === "d" ? "far" : ""}`, html: words });
      L.marker(map.containerPointToLatLng([x, y + dy]), { interactive: false, keyboard: false, icon }).addTo(names);
    }
  }
  map.on("zoomend moveend", label);

  function pinOf(pin) {
    const html = `<span class="pin" data-st="${pin.st}"><svg class="icon" aria-hidden="true"><use href="${document.body.dataset.icons}#st-${pin.st}"/></svg></span>`;
    const icon = L.divIcon({ html, className: "", iconSize: [30, 30], iconAnchor: [15, 35] });
    const marker = L.marker(pin.at, { icon, title: pin.name, alt: pin.name, keyboard: !!pin.href });
    if (pin.href) marker.on("click keypress", (event) => { if (!event.originalEvent?.key || event.originalEvent.key === "Enter") location.href = pin.href; });
    return marker;
  }

  /** Several pins that would cover each other: how many, and a way to look closer. */
  function groupOf(group) {
    const html = document.createElement("span");
    html.className = "pin many";
    html.textContent = group.length;
    const icon = L.divIcon({ html, className: "", iconSize: [30, 30], iconAnchor: [15, 35] });
    const name = `${group.length}: ${[...new Set(group.map((pin) => pin.name))].slice(0, 3).join("; ")}`;
    const marker = L.marker(group[0].at, { icon, title: name, alt: name });
    const closer = () => map.setView(group[0].at, Math.min(map.getZoom() + 2, map.getMaxZoom()));
    return marker.on("click keypress", (event) => { if (!event.originalEvent?.key || event.originalEvent.key === "Enter") closer(); });
  }

  /** Pins by the place that they take on the screen: none covers another. */
  function grouped() {
    const groups = [];
    for (const pin of pins) {
      const { x, y } = map.latLngToContainerPoint(pin.at);
      const near = groups.find((group) => Math.hypot(group.x - x, group.y - y) < APART);
      if (near) near.pins.push(pin);
      else groups.push({ x, y, pins: [pin] });
    }
    return groups;
  }

  function place() {
    layer.clearLayers();
    for (const group of grouped()) (group.pins.length > 1 ? groupOf(group.pins) : pinOf(group.pins[0])).addTo(layer);
  }
  map.on("zoomend", () => { if (pins.length <= MOST_PINS) place(); });

  /** Put other pins on the map. */
  function setPins(given) {
    pins = given;
    layer.clearLayers();
    if (pins.length <= MOST_PINS) place();
    else {
      const renderer = L.canvas({ padding: 0.2 });
      const fill = getComputedStyle(box).getPropertyValue("--accent") || "#0a5d5c";
      for (const pin of pins) L.circleMarker(pin.at, { renderer, radius: 4, weight: 1, color: "#fff", fillColor: fill, fillOpacity: 0.85 }).addTo(layer);
    }
    label();
  }
  await breathe();
  setPins(JSON.parse(box.dataset.pins || "[]"));
  if (here) {
    L.circle(here, { radius: Number(box.dataset.radius) || 500, className: "halo", interactive: false }).addTo(map);
    L.marker(here, { keyboard: false, interactive: false, icon: L.divIcon({ className: "here", iconSize: [18, 18] }) }).addTo(map);
  }
  box.dataset.drawn = "";
  return { map, L, cloth, outline, setPins };
}
