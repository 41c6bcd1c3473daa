// A new batch: a list that is pasted or dropped, looked at first, and submitted.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { ask, PREFIX } from "./api.js";
import { whole } from "./format.js";
import { number, table } from "./parts.js";
import { View } from "./view.js";

const SHOWN = 100; // rejected lines
const MEMBERS = ["max_pages", "max_concurrent_jobs", "label", "webhook_url"];

export class NewBatch extends View {
  text = ""; // or the file that is sent in its place
  typed = "";
  type = "text/plain";
  fileName = null;
  preview = null;
  isBusy = false;
  version = 0; // of the list
  sent = null; // what was sent last, and under which key

  get lookMs() { return 2 ** 31 - 1; }

  // What a submission may say, and what that means, stands in the reference of the API.
  async fetch() {
    const { signal } = this.closing;
    const [reference, system] = await Promise.all([
      ask(new URL("/openapi.json", location).href, { signal }), ask("/system", { signal }),
    ]);
    const { properties } = reference.paths[`${PREFIX}/batch`].post.requestBody.content["application/json"].schema;
    this.members = MEMBERS.map((name) => [name, properties[name]]);
    this.options = Object.entries(properties.options.properties)
      .map(([name, schema]) => [`options.${name}`, schema, system.configuration.crawl[name].value]);
  }

  concerns() { return false; }

  template() {
    const { preview } = this;
    return html`
      <h1>New batch</h1>
      <form @submit=${(event) => this.#submit(event)}>
        <div class="drop" @dragover=${(event) => event.preventDefault()} @drop=${(event) => this.#drop(event)}>
          <label for="list">Domains, one on each line; or drop a CSV or text file here</label>
          <textarea id="list" rows="10" spellcheck="false" placeholder="example.com"
            .value=${this.typed} ?disabled=${this.fileName !== null}
            @input=${(event) => this.#typed(event.target.value)}></textarea>
          <p>${this.fileName
            ? html`<strong>${this.fileName}</strong> <button type="button" @click=${() => this.#typed(this.typed)}>Take it away</button>`
            : html`<label class="file">or choose a file
                <input type="file" accept=".csv,.txt,.ndjson,text/csv,text/plain"
                  @change=${(event) => this.#file(event.target.files[0])}></label>`}</p>
        </div>
        <fieldset><legend>The batch</legend>${this.members.map(field)}</fieldset>
        <details class="options"><summary>How the domains are crawled</summary>
          <p class="quiet">What is left empty is as in the configuration of the daemon.</p>
          <fieldset><legend>Options</legend>${this.options.map(field)}</fieldset>
        </details>
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
      ${found.rejected.length ? html`${table([number("Row"), "As written", "Why not"], found.rejected.slice(0, SHOWN).map((line) => html`<tr>
          <td class="number">${whole(line.index + 1)}</td><td>${line.domain}</td><td>${line.detail}</td></tr>`))}
      ${found.rejected_count > SHOWN ? html`<p class="quiet">… and ${whole(found.rejected_count - SHOWN)} more.</p>` : nothing}` : nothing}
    </section>`;
  }

  #typed(text) {
    this.version += 1;
    Object.assign(this, { text, typed: text, type: "text/plain", fileName: null, preview: null, problem: null });
    this.draw();
  }

  #drop(event) {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) this.#file(file);
    else this.#typed(event.dataTransfer.getData("text"));
  }

  #file(file) {
    this.version += 1;
    const type = /\.csv$/i.test(file.name) ? "text/csv"
      : /\.(ndjson|jsonl)$/i.test(file.name) ? "application/x-ndjson" : "text/plain";
    Object.assign(this, { text: file, type, fileName: file.name, preview: null, problem: null });
    this.draw();
  }

  #ask(form, more) {
    const wanted = new URLSearchParams(more);
    for (const [name, schema] of [...this.members, ...this.options]) {
      const value = form.elements[name].value.trim();
      const values = schema.type === "array" ? value.split(/\s*\n\s*/) : [value];
      values.filter((each) => each !== "").forEach((each) => wanted.append(name, each));
    }
    // The same form sent again, because an answer was lost, is one batch.
    const content = `${wanted} ${this.version}`;
    if (content !== this.sent?.content) this.sent = { content, key: randomKey() };
    const headers = { "Idempotency-Key": this.sent.key };
    return ask(`/batch?${wanted}`, { method: "POST", body: this.text, type: this.type, headers });
  }

  async #look(form) {
    await this.#busy(async () => { this.preview = await this.#ask(form, { dry_run: "1" }); });
  }

  async #submit(event) {
    event.preventDefault();
    const form = event.target;
    await this.#busy(async () => {
      const { batch_id: id } = await this.#ask(form, {});
      this.go(`batch/${id}`);
    });
  }

  async #busy(action) {
    Object.assign(this, { isBusy: true, problem: null });
    this.draw();
    try {
      await action();
    } catch (error) {
      this.problem = error;
      scrollTo({ top: 0 }); // that is where it stands
    }
    this.isBusy = false;
    this.draw();
  }
}

const randomKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

// A line of the form: a name, a place for its value, and what it means.
function field([name, schema, usual]) {
  const [kind] = [schema.type].flat();
  return html`<label for=${name}>${name.replace("options.", "")}</label>
    ${input(name, kind, schema, usual)}<span class="quiet">${schema.description}</span>`;
}

function input(name, kind, schema, usual) {
  if (kind === "boolean" || schema.enum) {
    const words = schema.enum ?? ["true", "false"];
    return html`<select id=${name} name=${name}><option value="">${usual ?? ""}</option>
      ${words.map((word) => html`<option>${word}</option>`)}</select>`;
  }
  if (kind === "array") {
    return html`<textarea id=${name} name=${name} rows="2" placeholder=${usual.join("\n") || "one on each line"} spellcheck="false"></textarea>`;
  }
  if (kind === "integer" || kind === "number") {
    return html`<input id=${name} name=${name} type="number" min=${schema.minimum} max=${schema.maximum}
      step=${kind === "integer" ? 1 : "any"} placeholder=${usual ?? nothing}>`;
  }
  const placeholder = kind === "object" ? JSON.stringify(usual) : usual ?? nothing;
  return html`<input id=${name} name=${name} type=${schema.format === "uri" ? "url" : "text"}
    maxlength=${schema.maxLength ?? nothing} placeholder=${placeholder} spellcheck="false">`;
}
