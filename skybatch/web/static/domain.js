// One domain: what was found, each value with its proof, and the life of every attempt.

import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";
import { ask } from "./api.js";
import { moment, short as prefix, span, whole } from "./format.js";
import { isOver, out, table, tag } from "./parts.js";
import { OVER_MS, View } from "./view.js";

export class Domain extends View {
  constructor(place, query, id) {
    super(place, query);
    this.id = id;
  }

  opened = new Set(); // attempts of which every step is shown

  concerns(event) { return event.job_id === this.id; }

  get lookMs() { return this.job && isOver(this.job.status) ? OVER_MS : super.lookMs; }

  async fetch() {
    const signal = this.closing.signal;
    const [job, record, trace] = await Promise.all([
      ask(`/status/${this.id}`, { signal }),
      ask(`/job/${this.id}/result`, { signal }),
      ask(`/job/${this.id}/trace`, { signal }),
    ]);
    Object.assign(this, { job, record, trace });
  }

  template() {
    const { job } = this;
    return html`
      <p class="crumbs"><a href="#/batches">Batches</a> / <a href=${`#/batch/${job.batch_id}`}>${prefix(job.batch_id)}</a></p>
      <div class="title"><h1>${job.domain}</h1>${tag(job.status, job.paused)}</div>
      ${job.reason ? html`<p class="attention"><strong>${job.reason}</strong> ${job.detail ?? ""}</p>` : nothing}
      ${this.#profile(this.record)}
      ${this.trace.attempts.map((attempt) => this.#attempt(attempt))}`;
  }

  #profile(found) {
    const rows = [
      ["Start page", found.final_url && out(found.final_url)],
      ["Title", found.title],
      ["Description", found.description],
      ["Language", found.language],
      ["Organisation", found.organization && proven(found.organization.name ?? found.organization.legal_name, found.organization)],
      ["E-mail", values(found.contact_info.emails)],
      ["Phone", values(found.contact_info.phones)],
      ["Fax", values(found.contact_info.faxes)],
      ...Object.entries(found.social_links).map(([network, links]) => [network,
        html`<ul>${links.map((link) => html`<li>${out(link.url)} ${proof(link)}</li>`)}</ul>`]),
      ["Technologies", found.technologies.length
        ? html`<ul>${found.technologies.map((each) => html`<li>${each.name} ${each.version ?? ""} ${proof(each)}</li>`)}</ul>` : null],
      ...Object.entries(found.custom).map(([name, texts]) => [name, texts.join("; ")]),
    ].filter(([, value]) => value !== null && value !== undefined && value !== "");
    return html`<section aria-labelledby="profile"><h2 id="profile">What was found</h2>
      ${rows.length ? html`<dl class="profile">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
        : html`<p class="quiet">Nothing yet.</p>`}
      <p class="quiet">${whole(found.pages.fetched)} pages fetched, ${whole(found.pages.failed)} failed,
        ${whole(found.pages.queued)} waiting.</p></section>`;
  }

  // There may be ten thousand steps: they are drawn for who wants to see them.
  #open(attempt, isOpen) {
    if (isOpen) this.opened.add(attempt);
    else this.opened.delete(attempt);
    this.draw();
  }

  #attempt(attempt) {
    const begin = Date.parse(attempt.started_at);
    const end = attempt.ended_at ? Date.parse(attempt.ended_at) : Date.now();
    const name = `attempt-${attempt.attempt}`;
    return html`<section aria-labelledby=${name}>
      <h2 id=${name}>Attempt ${attempt.attempt} <span class="quiet">${moment(attempt.started_at)}, ${span((end - begin) / 1_000)},
        ${attempt.outcome ?? "under way"}</span></h2>
      ${attempt.error ? html`<p class="wrong">${attempt.error}</p>` : nothing}
      ${waterfall(attempt.events, begin, Math.max(1, end - begin))}
      <details @toggle=${(event) => this.#open(attempt.attempt, event.target.open)}><summary>Every step</summary>
        ${!this.opened.has(attempt.attempt) ? nothing : table(["After", "What", "About"], attempt.events.map((event) => html`<tr>
          <td class="number">${((Date.parse(event.at) - begin) / 1_000).toFixed(3)} s</td>
          <td>${event.type}</td>
          <td>${event.url ?? event.stage ?? event.reason ?? event.outcome ?? ""} ${event.reason && event.url ? event.reason : ""}</td>
        </tr>`))}</details>
      ${attempt.stack ? html`<details><summary>Where it stood</summary><pre>${attempt.stack}</pre></details>` : nothing}
    </section>`;
  }
}

const proof = ({ source_url: url, place }) =>
  url ? html`<span class="proof">${place ? `${place}, ` : ""}${out(url, "proof")}</span>` : nothing;

const proven = (value, source) => (value ? html`${value} ${proof(source)}` : null);

const values = (found) =>
  found.length
    ? html`<ul>${found.map((each) => html`<li><strong>${each.value}</strong>
        ${each.kind ? html`<span class="quiet">${each.kind}</span>` : nothing} ${proof(each)}</li>`)}</ul>`
    : null;

const ROW = 18, WIDTH = 1_000, MOST = 200; // rows of the picture
const DONE = { "page.fetched": "complete", "page.failed": "failed" };

// The requests of an attempt over its time: a row for each page, in the order of their ends.
function waterfall(events, begin, length) {
  const pages = events.filter((event) => DONE[event.type]).slice(0, MOST);
  if (!pages.length) return nothing;
  const x = (at) => Math.min(WIDTH, Math.max(0, (WIDTH * (at - begin)) / length));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Timeline"><svg class="waterfall" viewBox=${`0 0 ${WIDTH} ${pages.length * ROW}`} role="img"
      aria-label=${`${pages.length} pages over ${span(length / 1_000)}`}>
    ${pages.map((page, row) => {
      const end = Date.parse(page.at);
      const start = x(end - (page.elapsed_ms ?? 0));
      const width = Math.max(2, x(end) - start);
      const isRight = start > WIDTH / 2;
      return svg`<rect class=${DONE[page.type]} x=${start} y=${row * ROW + 3} width=${width} height=${ROW - 6} rx="2">
          <title>${page.url} ${page.status ?? ""} ${page.reason ?? ""} ${page.elapsed_ms ?? 0} ms</title></rect>
        <text x=${isRight ? start - 4 : start + width + 4} y=${row * ROW + 13}
          text-anchor=${isRight ? "end" : "start"}>${short(page.url)}</text>`;
    })}
  </svg></div>`;
}

function short(url) {
  try {
    const { pathname, search } = new URL(url);
    const text = pathname + search;
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  } catch {
    return url;
  }
}
