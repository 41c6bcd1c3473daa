// One batch: its domains, what stood in the way, and what can be done about it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { ask, askFor, download, post, unreachable } from "./api.js";
import { rate, short, span, whole } from "./format.js";
import { happenings } from "./happenings.js";
import { endedOf, Pace } from "./pace.js";
import { choiceOfStates, confirm, histogram, isOver, number, progress, table, tag, time, trouble } from "./parts.js";
import { filtered } from "./place.js";
import { OVER_MS, View } from "./view.js";

const ROWS = 100;
const LIVE = 20;
const SUMMARY_MS = 15_000; // it looks at every domain
const FILES = { csv: "csv", ndjson: "ndjson", json: "json" };

export class Batch extends View {
  lines = [];
  summary = null;
  pace = new Pace();
  #summedAt = -Infinity;

  constructor(place, query, id) {
    super(place, query);
    this.id = id;
  }

  concerns(event) { return event.batch_id === this.id; }

  hear(event) {
    this.lines = [event, ...this.lines].slice(0, LIVE);
  }

  async fetch() {
    const signal = this.closing.signal;
    const wanted = new URLSearchParams({ limit: ROWS });
    for (const name of ["status", "reason", "domain", "cursor"]) {
      if (this.query.get(name)) wanted.set(name, this.query.get(name));
    }
    const path = `/batch/${this.id}`;
    const [batch, jobs, told] = await Promise.all([
      ask(path, { signal }),
      askFor(`${path}/jobs?${wanted}`, { signal }),
      ask(`${path}/explain`, { signal }),
    ]);
    const hasChanged = batch.status !== this.batch?.status;
    Object.assign(this, { batch, jobs: jobs.items, next: jobs.next_cursor, fault: jobs.fault, told });
    this.pace.see(batch);
    const isDue = performance.now() - this.#summedAt > SUMMARY_MS && !isOver(batch.status);
    if (isDue || hasChanged) this.#sum(path, signal);
  }

  // Not waited for: it is shown when it is there.
  async #sum(path, signal) {
    this.#summedAt = performance.now();
    try {
      this.summary = await ask(`${path}/summary`, { signal });
    } catch (error) {
      if (!unreachable(error)) this.error = error;
    }
    this.draw();
  }

  get lookMs() { return this.batch && isOver(this.batch.status) ? OVER_MS : super.lookMs; }

  #filter(name, value) {
    this.go(`batch/${this.id}`, filtered(this.query, name, value));
  }

  async #change(action, asks) {
    const name = this.batch.label ?? short(this.id);
    if (asks && !(await confirm(`${asks} the batch ${name}?`, asks))) return;
    await this.act(async () => {
      if (action === "delete") {
        await ask(`/batch/${this.id}`, { method: "DELETE" });
        this.go("batches");
        return;
      }
      const answer = await post(`/batch/${this.id}/${action}`);
      if (action === "again") this.go(`batch/${answer.batch_id}`);
    });
  }

  #actions() {
    const { batch } = this;
    const button = (action, name, asks) => html`<button type="button" class=${asks ? "danger" : nothing}
      @click=${() => this.#change(action, asks)}>${name}</button>`;
    if (!isOver(batch.status)) {
      return html`${batch.paused ? button("resume", "Resume") : button("pause", "Pause")}
        ${button("cancel", "Cancel", "Cancel")}`;
    }
    const isLossy = batch.counts.failed + batch.counts.partial > 0;
    return html`${isLossy ? button("retry", "Retry what failed") : nothing}
      ${button("again", "Again")} ${button("delete", "Delete", "Delete")}`;
  }

  #numbers() {
    const { batch, pace } = this;
    const cell = (name, value) => html`<div><dt>${name}</dt><dd class="number">${value}</dd></div>`;
    return html`<dl class="numbers">
      ${cell("Domains", `${whole(endedOf(batch))} of ${whole(batch.total_domains)}`)}
      ${cell("Pages", whole(batch.pages.fetched))}
      ${cell("Pages that failed", whole(batch.pages.failed))}
      ${isOver(batch.status)
        ? cell("From start to end", span(batch.processing_time))
        : html`${cell("Pages a second", rate(pace.rate))}
          ${cell("Left, about", batch.paused ? "–" : span(pace.left(batch)))}`}
    </dl>`;
  }

  template() {
    const { batch, told } = this;
    return html`
      <p class="crumbs"><a href="#/batches">Batches</a> / <code>${this.id}</code></p>
      <div class="title">
        <h1>${batch.label ?? `Batch ${short(this.id)}`}</h1>
        ${tag(batch.status, batch.paused)}
        <span class="actions">${this.#actions()}</span>
      </div>
      ${progress(batch)}
      ${this.#numbers()}
      <section aria-labelledby="why" class=${told.problems.length ? "attention" : nothing}>
        <h2 id="why">Where it stands</h2>
        ${told.sentences.map((sentence) => html`<p>${sentence}</p>`)}
      </section>
      ${this.#found()}
      <section aria-labelledby="domains">
        <h2 id="domains">Domains</h2>
        ${this.#filters()}
        ${trouble(this.fault)}
        ${this.#table()}
      </section>
      <section aria-labelledby="files"><h2 id="files">Results</h2>
        <p class="actions">${Object.keys(FILES).map((format) => html`
          <button type="button" @click=${() => this.act(() => this.#save(format))}>Download ${format.toUpperCase()}</button>`)}</p>
      </section>
      ${happenings(this.lines)}`;
  }

  #save(format) {
    return download(`/batch/${this.id}/results?format=${format}`, `skybatch-${this.id}.${FILES[format]}`);
  }

  #found() {
    if (this.summary === null) return nothing;
    const { found, reasons } = this.summary;
    const rows = reasons.map(({ reason, domains, meaning, advice }) => (
      { name: reason, count: domains, title: `${meaning} ${advice ?? ""}`.trim() }));
    return html`<div class="columns">
      <section aria-labelledby="found"><h2 id="found">Found</h2>
        <dl>${Object.entries(found).map(([kind, { domains, share }]) => html`
          <dt>${kind.replaceAll("_", " ")}</dt>
          <dd class="number">${whole(domains)} <span class="quiet">${Math.round(100 * share)} %</span></dd>`)}
        </dl></section>
      <section aria-labelledby="reasons"><h2 id="reasons">What stood in the way</h2>
        ${rows.length
          ? histogram(rows, { chosen: this.query.get("reason"), choose: (name) => this.#filter("reason", name) })
          : html`<p class="quiet">Nothing.</p>`}
      </section></div>`;
  }

  #filters() {
    return html`<form class="filters" role="search" @submit=${(event) => event.preventDefault()}>
      ${choiceOfStates(this.query.get("status") ?? "", (state) => this.#filter("status", state))}
      <label>Domain
        <input type="search" .value=${this.query.get("domain") ?? ""} placeholder="example.com"
          @change=${(event) => this.#filter("domain", event.target.value)}></label>
      ${this.query.get("reason")
        ? html`<button type="button" @click=${() => this.#filter("reason", null)}>
            Reason ${this.query.get("reason")} ✕</button>`
        : nothing}
    </form>`;
  }

  #table() {
    if (!this.jobs.length) return html`<p class="quiet">There is none.</p>${this.#pager()}`;
    const heads = ["Domain", "State", "Reason", number("Pages"), number("Failed pages"), number("Attempt"), "Stage"];
    return html`${table(heads, repeat(this.jobs, (job) => job.job_id, (job) => html`<tr>
        <td><a href=${`#/job/${job.job_id}`}>${job.domain}</a></td>
        <td>${tag(job.status, job.paused)}</td>
        <td title=${job.detail ?? nothing}>${job.reason ?? ""}</td>
        <td class="number">${whole(job.pages.fetched)}</td>
        <td class="number">${whole(job.pages.failed)}</td>
        <td class="number">${whole(job.attempt)}</td>
        <td>${job.next_attempt_at ? html`waits until ${time(job.next_attempt_at)}` : job.stage}</td>
      </tr>`))}
      ${this.#pager()}`;
  }

  #pager() {
    return html`<nav class="pager" aria-label="More domains">
        ${this.query.get("cursor") ? html`<button type="button" @click=${() => history.back()}>Back</button>` : nothing}
        ${this.next ? html`<button type="button" @click=${() => this.#filter("cursor", this.next)}>Next ${ROWS}</button>` : nothing}
      </nav>`;
  }
}
