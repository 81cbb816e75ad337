// The test bench of rules: a point is chosen on the map, which has the same as two fields beside it.
import { draw } from "./map.js";

export async function bench(box) {
  const { lat, lon } = box.closest("form").elements;
  box.dataset.features = box.dataset.pick;
  const { map, setPins } = await draw(box);
  const show = () => {
    const at = [lat, lon].map((field) => parseFloat(field.value.replace(",", ".")));
    setPins(at.every(Number.isFinite) ? [{ at, st: "new", name: "" }] : []);
  };
  map.on("click", ({ latlng }) => {
    lat.value = latlng.lat.toFixed(5);
    lon.value = latlng.lng.toFixed(5);
    show();
  });
  lat.addEventListener("change", show);
  lon.addEventListener("change", show);
  show();
}
