// Lines over time, drawn by uPlot.

import { directive, AsyncDirective } from "./vendor/lit-html/async-directive.js";
import { html, noChange } from "./vendor/lit-html/lit-html.js";
import uPlot from "./vendor/uplot/uPlot.esm.js";

// The newest points of a line, in two arrays that do not grow.
export class Series {
  #size;
  times = [];
  values = [];

  constructor(size) { this.#size = size; }

  add(time, value) {
    this.times.push(time);
    this.values.push(Math.max(0, value));
    if (this.times.length > this.#size) {
      this.times.shift();
      this.values.shift();
    }
  }

  get last() { return this.values.at(-1) ?? 0; }
}

const HEIGHT = 160;
const clock = (seconds) => new Date(1_000 * seconds).toLocaleTimeString("en-GB");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class Chart extends AsyncDirective {
  #plot = null;
  #observer = null;

  render() { return noChange; }

  update(part, [series, names]) {
    const data = [series[0].times, ...series.map((each) => each.values)];
    if (this.#plot === null) this.#open(part.element, names, data);
    else this.#plot.setData(data);
    return noChange;
  }

  #open(element, names, data) {
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const strokes = [colour("--running"), colour("--failed")];
    this.#plot = new uPlot({
      width: Math.max(200, element.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [{ ...axis, space: 80, values: (_, times) => times.map(clock) }, { ...axis, size: 44 }],
      series: [{}, ...names.map((label, i) => ({ label, stroke: strokes[i], width: 1.5, points: { show: false } }))],
    }, data, element);
    this.#observer = new ResizeObserver(() =>
      this.#plot?.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }));
    this.#observer.observe(element);
  }

  disconnected() {
    this.#observer?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }
}

const drawn = directive(Chart);
// Two points make a line.
export const chart = (series, names) =>
  series[0].times.length < 2 ? html`<p class="chart quiet">The lines begin in a moment.</p>` : html`<div class="chart" role="img" aria-label=${names.join(" and ")} ${drawn(series, names)}></div>`;
