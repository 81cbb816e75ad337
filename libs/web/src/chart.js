// Opened, closed and open by day. Thick lines are means of seven days, thin ones the days.
import uPlot from "uplot";

const DAY_S = 86_400;
const locale = document.documentElement.lang === "tr" ? "tr-TR" : "en-GB";
const number = new Intl.NumberFormat(locale);
const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });

/** Mean of each day and the six before it; null before there are seven. */
function smooth(values) {
  return values.map((_, place) => place < 6 ? null : values.slice(place - 6, place + 1).reduce((sum, one) => sum + one, 0) / 7);
}

function weekends(u) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = colour(u.root, "--wash");
  for (const time of u.data[0]) {
    const weekday = new Date(time * 1000).getUTCDay();
    if (weekday !== 0 && weekday !== 6) continue;
    const left = u.valToPos(time - DAY_S / 2, "x", true), right = u.valToPos(time + DAY_S / 2, "x", true);
    ctx.fillRect(Math.max(left, bbox.left), bbox.top, Math.min(right, bbox.left + bbox.width) - Math.max(left, bbox.left), bbox.height);
  }
  ctx.restore();
}

/** A token as a colour that a canvas understands: the browser resolves it on a real element. */
function colour(near, token) {
  const probe = near.ownerDocument.createElement("i");
  probe.style.color = `var(${token})`;
  near.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Draw into an element with `data-chart`; draws anew when the colours or the width change. */
export function plot(box) {
  const { days, opened, closed, open } = JSON.parse(box.dataset.chart);
  const texts = JSON.parse(box.dataset.texts);
  const times = days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const long = days.length >= 14;
  const data = [times, opened, closed, long ? smooth(opened) : opened, long ? smooth(closed) : closed, open];
  let chart;

  function draw() {
    chart?.destroy();
    const ink = colour(box, "--ink-2"), line = colour(box, "--line");
    const first = colour(box, "--accent-text"), second = colour(box, "--second"), third = colour(box, "--ink-3");
    const thin = { width: long ? 1 : 0, points: { show: false }, alpha: 0.45 };
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11.5px system-ui" };
    chart = new uPlot({
      width: box.clientWidth, height: box.clientHeight || 320,
      legend: { show: false }, cursor: { show: false }, padding: [12, 8, 0, 0],
      hooks: { drawClear: [weekends] },
      scales: { x: { time: true }, y: { range: (_u, _low, high) => [0, Math.max(4, high * 1.08)] }, open: { range: (_u, low, high) => [Math.min(low, high * 0.9) * 0.98, Math.max(4, high * 1.02)] } },
      tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "UTC"),
      axes: [
        { ...axis, grid: { show: false }, values: (_u, ticks) => ticks.map((tick) => date.format(new Date(tick * 1000))) },
        { ...axis, size: 44, values: (_u, ticks) => ticks.map((tick) => Number.isInteger(tick) ? number.format(tick) : "") },
        { ...axis, scale: "open", side: 1, size: 52, grid: { show: false }, values: (_u, ticks) => ticks.map((tick) => Number.isInteger(tick) ? number.format(tick) : "") },
      ],
      series: [
        {},
        { label: texts.opened, stroke: first, ...thin },
        { label: texts.closed, stroke: second, ...thin },
        { label: texts.opened, stroke: first, width: 2.25, points: { show: false } },
        { label: texts.closed, stroke: second, width: 2.25, dash: [7, 4], points: { show: false } },
        { label: texts.open, stroke: third, width: 1.5, dash: [2, 3], scale: "open", points: { show: false } },
      ],
    }, data, box);
    box.dataset.drawn = "";
  }
  draw();
  let width = box.clientWidth;
  new ResizeObserver(() => { if (box.clientWidth !== width) { width = box.clientWidth; draw(); } }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
