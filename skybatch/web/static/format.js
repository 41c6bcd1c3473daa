// Values as people read them.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const ONE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const whole = (value) => (value === null || value === undefined ? "–" : WHOLE.format(value));

export const rate = (value) => (value === null ? "–" : (value < 10 ? ONE : WHOLE).format(value));

// How an id begins: enough for people, and for the command line.
export const short = (id) => id.slice(0, 13);

export const milliseconds = (seconds) => (seconds === null ? "–" : `${ONE.format(1_000 * seconds)} ms`);

export const percent = (share) => `${ONE.format(100 * share)} %`;

export const moment = (text) => (text ? MOMENT.format(new Date(text)) : "–");

export function span(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

export const ago = (text) => (text ? `${span((Date.now() - new Date(text)) / 1_000)} ago` : "–");

export function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value, unit = 0;
  while (size >= 1_000 && unit < units.length - 1) { size /= 1_000; unit += 1; }
  return `${unit ? ONE.format(size) : size} ${units[unit]}`;
}

// The URL, if a link may lead there: what sites say of themselves is not to be trusted.
export function safe(url) {
  try {
    const { protocol } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}
