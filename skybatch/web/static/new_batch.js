// A new batch: a list that is pasted or dropped, looked at first, and submitted.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { ask } from "./api.js";
import { whole } from "./format.js";
import { go } from "./place.js";
import { View } from "./view.js";

const SHOWN = 100; // rejected lines
// Name, what it means, and the form of its value.
const OPTIONS = [
  ["max_pages", "Pages of each domain, at most", "number", 10],
  ["max_concurrent_jobs", "Domains at a time; empty for as many as there are workers", "number", ""],
  ["label", "A name for the batch", "text", ""],
  ["webhook_url", "A URL that is told when it has ended", "url", ""],
];

export class NewBatch extends View {
  text = "";
  type = "text/plain";
  fileName = null;
  preview = null;
  isBusy = false;

  get lookMs() { return 2 ** 31 - 1; }

  concerns() { return false; }

  template() {
    const { preview } = this;
    return html`
      <h1>New batch</h1>
      <form @submit=${(event) => this.#submit(event)}>
        <div class="drop" @dragover=${(event) => event.preventDefault()} @drop=${(event) => this.#drop(event)}>
          <label for="list">Domains, one on each line; or drop a CSV or text file here</label>
          <textarea id="list" rows="10" spellcheck="false" placeholder="example.com"
            .value=${this.fileName ? "" : this.text} ?disabled=${this.fileName !== null}
            @input=${(event) => this.#typed(event.target.value)}></textarea>
          <p>${this.fileName
            ? html`<strong>${this.fileName}</strong> <button type="button" @click=${() => this.#typed("")}>Take it away</button>`
            : html`<label class="file">or choose a file
                <input type="file" accept=".csv,.txt,.ndjson,text/csv,text/plain"
                  @change=${(event) => this.#file(event.target.files[0])}></label>`}</p>
        </div>
        <fieldset><legend>Options</legend>
          ${OPTIONS.map(([name, meaning, type, value]) => html`
            <label for=${name}>${name}</label>
            <input id=${name} name=${name} type=${type} value=${value} min=${type === "number" ? 1 : nothing}>
            <span class="quiet">${meaning}</span>`)}
        </fieldset>
        <p class="actions">
          <button type="button" ?disabled=${!this.text || this.isBusy} @click=${(event) => this.#look(event.target.form)}>Look first</button>
          <button class="main" ?disabled=${!this.text || this.isBusy}>Submit</button>
        </p>
      </form>
      <div role="status">${preview ? this.#preview(preview) : nothing}</div>`;
  }

  #preview(found) {
    return html`<section><h2>What it would be</h2>
      <dl class="numbers">
        <div><dt>Domains</dt><dd class="number">${whole(found.job_count)}</dd></div>
        <div><dt>Named twice</dt><dd class="number">${whole(found.duplicates)}</dd></div>
        <div><dt>Rejected</dt><dd class="number">${whole(found.rejected_count)}</dd></div>
      </dl>
      ${found.rejected.length ? html`<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>
        <thead><tr><th class="number">Line</th><th>As written</th><th>Why not</th></tr></thead>
        <tbody>${found.rejected.slice(0, SHOWN).map((line) => html`<tr>
          <td class="number">${whole(line.index + 1)}</td><td>${line.domain}</td><td>${line.detail}</td></tr>`)}</tbody>
      </table></div>
      ${found.rejected_count > SHOWN ? html`<p class="quiet">… and ${whole(found.rejected_count - SHOWN)} more.</p>` : nothing}` : nothing}
    </section>`;
  }

  #typed(text) {
    Object.assign(this, { text, type: "text/plain", fileName: null, preview: null, error: null });
    this.draw();
  }

  #drop(event) {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) this.#file(file);
    else this.#typed(event.dataTransfer.getData("text"));
  }

  async #file(file) {
    const type = /\.csv$/i.test(file.name) ? "text/csv"
      : /\.(ndjson|jsonl)$/i.test(file.name) ? "application/x-ndjson" : "text/plain";
    Object.assign(this, { text: file, type, fileName: file.name, preview: null, error: null });
    this.draw();
  }

  #ask(form, more) {
    const wanted = new URLSearchParams(more);
    for (const [name] of OPTIONS) {
      const value = form.elements[name].value.trim();
      if (value) wanted.set(name, value);
    }
    return ask(`/batch?${wanted}`, { method: "POST", body: this.text, type: this.type });
  }

  async #look(form) {
    await this.#busy(async () => { this.preview = await this.#ask(form, { dry_run: "1" }); });
  }

  async #submit(event) {
    event.preventDefault();
    const form = event.target;
    await this.#busy(async () => {
      const { batch_id: id } = await this.#ask(form, {});
      go(`batch/${id}`);
    });
  }

  async #busy(action) {
    Object.assign(this, { isBusy: true, error: null });
    this.draw();
    try {
      await action();
    } catch (error) {
      this.error = error;
    }
    this.isBusy = false;
    this.draw();
  }
}
