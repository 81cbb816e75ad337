// Hexagons on the map of neighbourhoods: [[how many, rank 1 to 5, where, [[lat, lon] …]] …].
import { draw } from "./map.js";

export async function hexmap(box) {
  const { map, L } = await draw(box);
  const hexes = JSON.parse(box.dataset.hexes);
  const drawn = L.featureGroup(hexes.map(([count, rank, where, ring]) => {
    const words = document.createElement("span");
    words.textContent = where ? `${where}: ${count}` : String(count);
    return L.polygon(ring, { className: `h h${rank}`, weight: 1 }).bindTooltip(words, { sticky: true });
  })).addTo(map);
  if (box.dataset.whole === "hexes" && hexes.length) map.fitBounds(drawn.getBounds(), { padding: [16, 16] });
}
