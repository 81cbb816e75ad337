// Where a photo was taken, as its EXIF says. Read on the device before it is taken out.
const HEAD_BYTES = 256 * 1024;
const GPS = 0x8825, LAT_REF = 1, LAT = 2, LON_REF = 3, LON = 4;

/** `[lat, lon]` of a JPEG, or null where it does not tell. */
export async function takenAt(file) {
  try {
    return placeOf(new DataView(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  } catch { // cut off, or not what it says it is
    return null;
  }
}

function placeOf(file) {
  if (file.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ; at += 2 + file.getUint16(at + 2)) {
    const marker = file.getUint16(at);
    if (marker < 0xffc0 || marker === 0xffda) return null;
    if (marker === 0xffe1 && file.getUint32(at + 4) === 0x45786966) return gpsOf(new DataView(file.buffer, at + 10));
  }
}

function gpsOf(tiff) {
  const little = tiff.getUint16(0) === 0x4949;
  const short = (at) => tiff.getUint16(at, little), long = (at) => tiff.getUint32(at, little);
  const entries = (at) => new Map(Array.from({ length: short(at) }, (_, n) => [short(at + 2 + 12 * n), at + 10 + 12 * n]));
  const told = entries(long(4)).get(GPS);
  const gps = told === undefined ? null : entries(long(told));
  if (![LAT_REF, LAT, LON_REF, LON].every((tag) => gps?.has(tag))) return null;
  const degrees = (tag, ref, minus) => {
    const at = long(gps.get(tag));
    const [whole, minutes, seconds] = [0, 8, 16].map((n) => long(at + n) / (long(at + n + 4) || 1));
    const value = whole + minutes / 60 + seconds / 3600;
    return String.fromCharCode(tiff.getUint8(gps.get(ref))) === minus ? -value : value;
  };
  const place = [degrees(LAT, LAT_REF, "S"), degrees(LON, LON_REF, "W")];
  return Math.abs(place[0]) <= 90 && Math.abs(place[1]) <= 180 && place.some(Boolean) ? place : null;
}

/** Metres between two places that are not far apart. */
export function metresBetween([lat, lon], [otherLat, otherLon]) {
  const east = (otherLon - lon) * Math.cos((lat * Math.PI) / 180);
  return Math.hypot(otherLat - lat, east) * 111_195;
}
