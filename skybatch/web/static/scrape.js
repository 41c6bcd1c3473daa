// The text format of Prometheus, as far as the page needs it.

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

// Samples by name: a list of labels and a value.
export function parse(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(LABEL)) labels[name] = value;
    if (!found.has(match[1])) found.set(match[1], []);
    found.get(match[1]).push({ labels, value: Number(match[3]) });
  }
  return found;
}

// The sum over the samples of a name that have these labels.
export function sum(samples, name, labels = {}) {
  const wanted = Object.entries(labels);
  return (samples.get(name) ?? [])
    .filter((sample) => wanted.every(([key, value]) => sample.labels[key] === value))
    .reduce((total, sample) => total + sample.value, 0);
}

// The mean of a histogram between two scrapes; `null` when nothing was counted meanwhile.
export function mean(samples, before, name) {
  const grown = (part) => sum(samples, name + part) - sum(before, name + part);
  const count = grown("_count");
  return count > 0 ? grown("_sum") / count : null;
}
