// The daemon itself: its parts, its findings, its versions.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { ask, post } from "./api.js";
import { moment, whole } from "./format.js";
import { confirm } from "./parts.js";
import { View } from "./view.js";

export class System extends View {
  async fetch() {
    const signal = this.closing.signal;
    const [health, deliveries] = await Promise.all([
      ask("/health", { signal }), ask("/deliveries?limit=20", { signal }),
    ]);
    Object.assign(this, { health, deliveries: deliveries.items });
  }

  async #pause() {
    const isPaused = this.health.pool.paused;
    if (!isPaused && !(await confirm("Let all work rest until somebody resumes it?", "Pause everything"))) return;
    await this.act(() => post(isPaused ? "/resume" : "/pause"));
  }

  template() {
    const { health } = this;
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
          <dt>skybatch</dt><dd>${health.version}</dd><dt>SQLite</dt><dd>${health.store.sqlite ?? "–"}</dd>
          <dt>Process</dt><dd>${health.pid}</dd><dt>Started</dt><dd>${moment(health.started_at)}</dd>
          <dt>Looked through for damage</dt><dd>${moment(health.store.inspected_at)}</dd>
        </dl></section>
      </div>
      <section><h2>Last start</h2><p>${health.recovery.report || "There was nothing to recover."}</p></section>
      <section><h2>Findings of the monitor</h2>
        ${health.monitor.findings.length
          ? html`<ul>${health.monitor.findings.map((each) => html`<li>${each.sentence}</li>`)}</ul>`
          : html`<p class="quiet">None in ${whole(health.monitor.rounds)} rounds.</p>`}</section>
      <section><h2>Messages to webhooks</h2>
        ${this.deliveries.length ? html`<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>
          <thead><tr><th>Type</th><th>To</th><th>State</th><th class="number">Attempts</th><th>Last answer</th><th></th></tr></thead>
          <tbody>${this.deliveries.map((each) => html`<tr>
            <td>${each.type}</td><td>${each.url}</td><td>${each.status}</td>
            <td class="number">${whole(each.attempts)}</td><td>${each.detail ?? each.response_status ?? "–"}</td>
            <td><button type="button" @click=${() => this.act(() => post(`/deliveries/${each.delivery_id}/send`))}>Send again</button></td>
          </tr>`)}</tbody></table></div>` : html`<p class="quiet">None.</p>`}</section>`;
  }
}
