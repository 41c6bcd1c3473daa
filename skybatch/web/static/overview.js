// What goes on, and what needs attention.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { ask, Problem, request } from "./api.js";
import { chart, Series } from "./charts.js";
import { bytes, milliseconds, rate, short, span, whole } from "./format.js";
import { happenings } from "./happenings.js";
import { number, progress, table, tag, time } from "./parts.js";
import { mean, parse, sum } from "./scrape.js";
import { View } from "./view.js";

const METRICS = new URL("/metrics", location).href;
const LIVE = 30; // lines of what has happened last
const POINTS = 300; // of the charts
const HOSTS = 100, NAMED = 3; // looked at, and named
const FAILURES = 3; // in a row, from which on a host fails
const STATES = ["running", "pending", "complete", "partial", "failed", "cancelled"];

export class Overview extends View {
  lines = [];
  pages = new Series(POINTS);
  errors = new Series(POINTS);

  get lookMs() { return 2_000; }

  async fetch() {
    const signal = this.closing.signal;
    const [health, batches, hosts, text] = await Promise.all([
      ask("/health", { signal }),
      ask("/batch?limit=8", { signal }),
      ask(`/hosts?limit=${HOSTS}`, { signal }),
      this.#scrape(signal),
    ]);
    this.health = health;
    this.batches = batches.items;
    this.hosts = hosts.items;
    this.#count(parse(text));
  }

  async #scrape(signal) {
    const answer = await request(METRICS, { signal });
    if (!answer.ok) throw new Problem(answer.status, {});
    return answer.text();
  }

  #count(samples) {
    const before = this.samples ?? new Map();
    this.lag = mean(samples, before, "skybatch_loop_lag_seconds");
    this.commit = mean(samples, before, "skybatch_store_commit_duration_seconds");
    this.samples = samples;
    const now = Date.now() / 1_000;
    const pages = sum(samples, "skybatch_pages_total", { outcome: "fetched" });
    const errors = sum(samples, "skybatch_pages_total", { outcome: "failed" });
    if (this.before) {
      const seconds = now - this.before.now;
      this.pages.add(now, (pages - this.before.pages) / seconds);
      this.errors.add(now, (errors - this.before.errors) / seconds);
    }
    this.before = { now, pages, errors };
  }

  hear(event) {
    this.lines = [event, ...this.lines].slice(0, LIVE);
    this.draw();
  }

  template() {
    const value = (name, labels) => sum(this.samples, name, labels);
    return html`
      <h1>Overview</h1>
      <ul class="tiles">
        ${STATES.map((state) => html`<li><a class="tile" href=${`#/batches?status=${state}`}>
          ${tag(state)}<strong class="number">${whole(value("skybatch_jobs", { state }))}</strong>
          <span class="quiet">domains</span></a></li>`)}
      </ul>
      ${this.#attention()}
      <div class="columns">
        <section aria-labelledby="rates"><h2 id="rates">Pages a second</h2>
          <p><strong class="number">${rate(this.pages.last)}</strong> fetched,
            <strong class="number">${rate(this.errors.last)}</strong> failed</p>
          ${chart([this.pages, this.errors], ["fetched", "failed"])}
        </section>
        <section aria-labelledby="machine"><h2 id="machine">The daemon</h2>
          <dl>
            <dt>Workers at work</dt><dd>${whole(this.health.pool.busy)} of ${whole(this.health.pool.workers)}</dd>
            <dt>URLs that wait</dt><dd>${whole(value("skybatch_queued_pages"))}</dd>
            <dt>Oldest domain that waits</dt><dd>${span(value("skybatch_oldest_pending_job_age_seconds"))}</dd>
            <dt>The loop is late by</dt><dd>${milliseconds(this.lag)}</dd>
            <dt>A write takes</dt><dd>${milliseconds(this.commit)}</dd>
            <dt>Units before the writer</dt><dd>${whole(value("skybatch_store_writer_queue_length"))}</dd>
            <dt>Database</dt><dd>${bytes(value("skybatch_store_size_bytes"))}</dd>
            <dt>Free on its disk</dt><dd>${bytes(value("skybatch_disk_free_bytes"))}</dd>
            <dt>Up for</dt><dd>${span((Date.now() - new Date(this.health.started_at)) / 1_000)}</dd>
          </dl>
        </section>
      </div>
      <section aria-labelledby="newest"><h2 id="newest">Newest batches</h2>
        ${this.batches.length ? table(["Batch", "State", ["Domains", "wide"], number("Pages"), "Since"],
          this.batches.map((batch) => html`<tr>
            <td><a href=${`#/batch/${batch.batch_id}`}>${batch.label ?? short(batch.batch_id)}</a></td>
            <td>${tag(batch.status, batch.paused)}</td>
            <td>${progress(batch)}</td>
            <td class="number">${whole(batch.pages.fetched)}</td>
            <td>${time(batch.created_at)}</td></tr>`)) : html`<p class="quiet">There is no batch yet. <a href="#/new">Submit one</a>.</p>`}
      </section>
      ${happenings(this.lines)}`;
  }

  // Hosts that wait for us or fail come first in the list; it may go on.
  #hosts() {
    const named = (hosts) => `${hosts.slice(0, NAMED).map(({ host }) => host).join(", ")}${hosts.length > NAMED ? " …" : ""}`;
    const count = (hosts) => `${hosts.length === HOSTS ? "At least " : ""}${whole(hosts.length)} ${hosts.length === 1 ? "host" : "hosts"}`;
    const waiting = this.hosts.filter((host) => host.waits_s > 0);
    const failing = this.hosts.filter((host) => host.failures >= FAILURES);
    return [
      waiting.length ? `${count(waiting)} asked to be left alone for a while: ${named(waiting)}` : null,
      failing.length ? `${count(failing)} failed ${FAILURES} times in a row or more: ${named(failing)}` : null,
    ];
  }

  #attention() {
    const { health } = this;
    const found = [
      health.store.ok ? null : `The database: ${health.store.detail}`,
      health.work.ok ? null : `Work rests: ${health.work.detail}`,
      health.recorder.ok ? null : `The flight recorder: ${health.recorder.detail}`,
      health.pool.paused ? "Everything is paused." : null,
      ...health.monitor.findings.map((finding) => finding.sentence),
      ...this.#hosts(),
    ].filter((line) => line !== null);
    const { jobs, ended, report } = health.recovery;
    const recovered = jobs || ended ? report : "had nothing to recover";
    return html`<section aria-labelledby="attention" class=${found.length ? "attention" : nothing}>
      <h2 id="attention">Needs attention</h2>
      ${found.length
        ? html`<ul>${found.map((line) => html`<li>${line}</li>`)}</ul>`
        : html`<p class="quiet">Nothing. At its start the daemon ${recovered}.</p>`}
    </section>`;
  }
}
