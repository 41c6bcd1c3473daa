// The daemon itself: its parts, its findings, its versions.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { ask, post } from "./api.js";
import { milliseconds, moment, span, whole } from "./format.js";
import { confirm, number, table, time } from "./parts.js";
import { View } from "./view.js";

const recovered = ({ recovery: { jobs, ended, report } }) => (jobs || ended ? report : "There was nothing to recover.");
const SHOWN = 50; // workers

export class System extends View {
  async fetch() {
    const signal = this.closing.signal;
    const [health, system, hosts, deliveries] = await Promise.all([
      ask("/health", { signal }), ask("/system", { signal }), ask("/hosts?limit=50", { signal }),
      ask("/deliveries?limit=20", { signal }),
    ]);
    Object.assign(this, { health, system, deliveries: deliveries.items });
    this.hosts = hosts.items.filter((host) => host.waits_s || host.failures || host.slow_s);
  }

  async #pause() {
    const isPaused = this.health.pool.paused;
    if (!isPaused && !(await confirm("Let all work rest until somebody resumes it?", "Pause everything"))) return;
    await this.act(() => post(isPaused ? "/resume" : "/pause"));
  }

  template() {
    const { health, system } = this;
    const part = (name, { ok, detail }) => html`<dt>${name}</dt>
      <dd class=${ok ? nothing : "wrong"}>${ok ? "good" : detail}</dd>`;
    return html`
      <div class="title"><h1>System</h1>
        <span class="actions"><button type="button" @click=${() => this.#pause()}>
          ${health.pool.paused ? "Resume everything" : "Pause everything"}</button></span></div>
      <div class="columns">
        <section><h2>Parts</h2><dl>
          ${part("Database", health.store)} ${part("Work", health.work)} ${part("Flight recorder", health.recorder)}
          <dt>Workers</dt><dd>${whole(health.pool.busy)} of ${whole(health.pool.workers)} at work</dd>
          <dt>Claims since the start</dt><dd>${whole(health.pool.claimed)}</dd>
        </dl></section>
        <section><h2>Versions</h2><dl>
          ${Object.entries(system.versions).map(([name, version]) => html`<dt>${name}</dt><dd>${version}</dd>`)}
          <dt>Process</dt><dd>${health.pid}</dd><dt>Started</dt><dd>${moment(health.started_at)}</dd>
          <dt>Looked through for damage</dt><dd>${moment(health.store.inspected_at)}</dd>
        </dl></section>
      </div>
      <section><h2>Last start</h2><p>${recovered(health)}</p></section>
      <section><h2>Findings of the monitor</h2>
        ${health.monitor.findings.length
          ? html`<ul>${health.monitor.findings.map((each) => html`<li>${each.sentence}</li>`)}</ul>`
          : html`<p class="quiet">None in ${whole(health.monitor.rounds)} rounds.</p>`}</section>
      <section><h2>Workers</h2>${this.#workers()}</section>
      <section><h2>Hosts that ask to be left alone, fail or are slow</h2>${this.#hosts()}</section>
      <section><h2>Messages to webhooks</h2>
        ${this.deliveries.length ? table(["Type", "Since", "To", "State", number("Attempts"), "Next attempt", "Last answer", ""], this.deliveries.map((each) => html`<tr>
            <td><a href=${`#/batch/${each.batch_id}`}>${each.type}</a></td><td>${time(each.created_at)}</td><td>${each.url}</td><td>${each.status}</td>
            <td class="number">${whole(each.attempts)}</td><td>${moment(each.next_attempt_at)}</td><td>${each.detail ?? each.response_status ?? "–"}</td>
            <td><button type="button" @click=${() => this.act(() => post(`/deliveries/${each.delivery_id}/send`))}>Send again</button></td>
          </tr>`)) : html`<p class="quiet">None.</p>`}</section>
      <section><details><summary>Configuration in force</summary>${this.#configuration()}</details></section>`;
  }

  #workers() {
    const { workers } = this.system;
    if (!workers.length) return html`<p class="quiet">None is at work.</p>`;
    const rest = workers.length - SHOWN;
    return html`${table(["Domain", number("Attempt"), "Stage", number("For"), number("Pages"), "Waits for"], workers.slice(0, SHOWN).map((each) => html`<tr>
        <td><a href=${`#/job/${each.job_id}`}>${each.domain}</a></td><td class="number">${whole(each.attempt)}</td>
        <td>${each.stage}</td><td class="number">${span(each.stage_for_s)}</td>
        <td class="number">${whole(each.pages_fetched)}</td><td>${each.waits_for ?? "–"}</td></tr>`))}
      ${rest > 0 ? html`<p class="quiet">… and ${whole(rest)} more, that got somewhere later than these.</p>` : nothing}`;
  }

  #hosts() {
    if (!this.hosts.length) return html`<p class="quiet">None at the moment.</p>`;
    return table(["Host", ...["Left alone for", "Failures in a row", "More between requests", "Usual answer"].map(number)],
      this.hosts.map((each) => html`<tr>
        <td>${each.host}</td><td class="number">${each.waits_s ? span(each.waits_s) : "–"}</td>
        <td class="number">${whole(each.failures)}</td><td class="number">${each.slow_s ? `${each.slow_s} s` : "–"}</td>
        <td class="number">${milliseconds(each.usual_s)}</td></tr>`));
  }

  #configuration() {
    const rows = Object.entries(this.system.configuration).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, { value, source }]) => html`<tr><td><code>${section}.${key}</code></td>
        <td><code>${JSON.stringify(value)}</code></td><td class="quiet">${source}</td></tr>`));
    return table(["Key", "Value", "From"], rows);
  }
}
