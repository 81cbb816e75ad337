// A municipality's table as text: read, its columns guessed, its cells turned into an old request.
import { fold } from "./fold.js";

/** The bytes of a file as text: UTF-8, or else what Excel writes on a Turkish computer. */
export function decoded(bytes) {
  try { return new TextDecoder("utf-8", { fatal: true }).decode(bytes); } catch { return new TextDecoder("windows-1254").decode(bytes); }
}

/** Rows of cells, each with the line that it begins in. What parts the cells is what the first line has most of. */
export function parsed(text) {
  const first = text.slice(0, Math.max(text.search(/\r|\n/), 0) || text.length);
  const mark = [",", ";", "\t"].map((one) => [first.split(one).length, one]).sort((a, b) => b[0] - a[0])[0][1];
  const rows = [];
  let cells = [], cell = "", quoted = false, line = 1, began = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.length > 1 || cell) rows.push({ line: began, cells });
    cells = []; cell = "";
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "\n") line++;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') { cell += sign; at++; } else quoted = false;
    } else if (sign === '"' && !cell) quoted = true;
    else if (sign === mark) { cells.push(cell); cell = ""; }
    else if (sign === "\n") { endRow(); began = line; }
    else if (sign !== "\r") cell += sign;
  }
  if (cell || cells.length) endRow();
  return rows;
}

/** One line of a table that every program reads. */
export const lineOf = (cells) => cells.map((cell) => {
  const safe = /^[=+\-@\t]/.test(cell) && !/^[+-]?[\d.,]+$/.test(cell) ? `'${cell}` : cell;
  return /[",;\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}).join(",");

const NAMES = {
  source_number: ["source number", "basvuru no", "talep no", "kayit no", "sikayet no", "unique key", "request id", "case id", "numara", "number", "no", "id"],
  opened_at: ["opened at", "acilis tarihi", "basvuru tarihi", "kayit tarihi", "created date", "created", "opened", "requested datetime", "tarih", "date"],
  closed_at: ["closed at", "kapanis tarihi", "cozum tarihi", "sonuc tarihi", "closed date", "closed", "resolved"],
  lat: ["lat", "latitude", "enlem", "y"],
  lon: ["lon", "lng", "long", "longitude", "boylam", "x"],
  text: ["text", "metin", "aciklama", "description", "konu metni", "icerik", "descriptor", "sikayet"],
  category: ["category", "kategori", "konu", "tur", "complaint type", "service name", "service code"],
  department: ["department", "birim", "mudurluk", "agency", "daire"],
  address: ["address", "adres", "incident address"],
};

/** For each thing that is wanted the column that is most likely it: `{lat: 4}`. No column is two things. */
export function guessed(head) {
  const plain = head.map((name) => fold(name).replace(/[^a-z0-9]+/g, " ").trim());
  const found = {}, taken = new Set();
  for (const same of [(a, b) => a === b, (a, b) => b.length > 3 && a.includes(b)]) {
    for (const [wanted, names] of Object.entries(NAMES)) {
      if (wanted in found) continue;
      for (const name of names) {
        const at = plain.findIndex((one, place) => !taken.has(place) && same(one, name));
        if (at < 0) continue;
        found[wanted] = at;
        taken.add(at);
        break;
      }
    }
  }
  return found;
}

const WRITTEN = /^(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4}))(?:[T ]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** How far the clocks of a zone are before UTC at a moment, in milliseconds. */
function ahead(moment, zone) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(moment);
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(year, month - 1, day, hour, minute, second) - moment;
}

/** A moment as RFC 3339 has it, of `2024-05-31 14:20`, `31.05.2024`, …; null of what is no time. */
export function timeOf(text, zone) {
  const found = WRITTEN.exec(text.trim());
  if (!found) return null;
  const [, y1, m1, d1, d2, m2, y2, hour = 0, minute = 0, second = 0, offset] = found;
  const [year, month, day] = [y1 ?? y2, m1 ?? m2, d1 ?? d2].map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(wall);
  if (read.getUTCMonth() !== month - 1 || read.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null;
  if (!offset) {
    const near = wall - ahead(wall, zone);
    return new Date(wall - ahead(near, zone)).toISOString();
  }
  if (/z/i.test(offset)) return read.toISOString();
  const [, sign, hours, minutes] = /([+-])(\d{2}):?(\d{2})/.exec(offset);
  return new Date(wall - (sign === "-" ? -1 : 1) * (hours * 60 + Number(minutes)) * 60_000).toISOString();
}

/** A number, whichever sign parts its whole from the rest; null of what is none. */
export function numberOf(text) {
  const plain = text.trim().replace(",", ".");
  return /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}

/**
 * A row of the file as intake takes it: `{row}`, or `{fault: {slug, …}}`.
 * `columns` are places of columns, `values` what a category or department of theirs is with us.
 */
export function requestOf(cells, { columns, head, values, zone }) {
  const of = (name) => (name in columns ? (cells[columns[name]] ?? "").trim() : "");
  const fault = (slug, name) => ({ fault: { slug, column: head[columns[name]], value: of(name).slice(0, 60) } });
  for (const name of ["source_number", "opened_at", "lat", "lon", "text"]) if (!of(name)) return fault("empty", name);
  if (of("source_number").length > 128) return fault("too_long", "source_number");
  const row = { source_number: of("source_number"), text: of("text").slice(0, 4000), point: {} };
  for (const name of ["opened_at", "closed_at"]) {
    if (!of(name)) continue;
    row[name] = timeOf(of(name), zone);
    if (!row[name]) return fault("no_time", name);
  }
  if (row.closed_at && row.closed_at < row.opened_at) return fault("order", "closed_at");
  for (const [name, most] of [["lat", 90], ["lon", 180]]) {
    row.point[name] = numberOf(of(name));
    if (row.point[name] === null) return fault("no_number", name);
    if (Math.abs(row.point[name]) > most) return fault("no_degrees", name);
  }
  for (const name of ["category", "department"]) {
    const mine = of(name) && (values[name] ? values[name][of(name)] : of(name));
    if (mine) row[name] = mine;
  }
  if (of("address")) row.address = of("address").slice(0, 500);
  return { row };
}
