// All batches: filtered, and changed in bulk.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { ask, askFor, post } from "./api.js";
import { rate, short, span, whole } from "./format.js";
import { Pace } from "./pace.js";
import { choiceOfStates, confirm, isOver, number, progress, table, tag, time, trouble } from "./parts.js";
import { filtered } from "./place.js";
import { View } from "./view.js";

const ROWS = 50;
// What the rows of this part can be sorted by: the first of them first.
const SORTS = {
  "": ["newest", () => 0],
  progress: ["least progress", (one, other) => one.progress - other.progress],
  pages: ["most pages", (one, other) => other.pages.fetched - one.pages.fetched],
  failed: ["most failed domains", (one, other) => other.failed_domains - one.failed_domains],
  domains: ["most domains", (one, other) => other.total_domains - one.total_domains],
};
const ACTIONS = {
  pause: { name: "Pause", fits: (batch) => !isOver(batch.status) && !batch.paused },
  resume: { name: "Resume", fits: (batch) => !isOver(batch.status) && batch.paused },
  retry: { name: "Retry", fits: (batch) => isOver(batch.status) && batch.failed_domains > 0 },
  again: { name: "Again", fits: (batch) => isOver(batch.status) },
  cancel: { name: "Cancel", fits: (batch) => !isOver(batch.status), asks: "Cancel" },
  delete: { name: "Delete", fits: (batch) => isOver(batch.status), asks: "Delete" },
};

export class Batches extends View {
  chosen = new Set();
  paces = new Map(); // of batches that run

  async fetch() {
    const wanted = new URLSearchParams({ limit: ROWS });
    for (const name of ["status", "label", "cursor"]) {
      if (this.query.get(name)) wanted.set(name, this.query.get(name));
    }
    const found = await askFor(`/batch?${wanted}`, { signal: this.closing.signal });
    this.fault = found.fault;
    this.items = found.items.sort((SORTS[this.query.get("sort") ?? ""] ?? SORTS[""])[1]);
    for (const batch of this.items) {
      if (isOver(batch.status)) this.paces.delete(batch.batch_id);
      else this.#pace(batch).see(batch);
    }
    this.next = found.next_cursor;
    const ids = new Set(this.items.map((batch) => batch.batch_id));
    this.chosen = new Set([...this.chosen].filter((id) => ids.has(id)));
  }

  #pace(batch) {
    if (!this.paces.has(batch.batch_id)) this.paces.set(batch.batch_id, new Pace());
    return this.paces.get(batch.batch_id);
  }

  #filter(name, value) {
    this.go("batches", filtered(this.query, name, value));
  }

  async #change(action) {
    const { name, fits, asks } = ACTIONS[action];
    const fitting = this.items.filter((batch) => this.chosen.has(batch.batch_id) && fits(batch));
    const what = fitting.length === 1 ? "this batch" : `these ${whole(fitting.length)} batches`;
    if (asks && !(await confirm(`${asks} ${what}?`, name))) return;
    await this.act(async () => {
      for (const { batch_id: id } of fitting) {
        if (action === "delete") await ask(`/batch/${id}`, { method: "DELETE" });
        else await post(`/batch/${id}/${action}`);
        this.chosen.delete(id);
      }
    });
  }

  #choose(id, isChosen) {
    if (isChosen) this.chosen.add(id);
    else this.chosen.delete(id);
    this.draw();
  }

  template() {
    const picked = this.items.filter((batch) => this.chosen.has(batch.batch_id));
    const can = Object.entries(ACTIONS).filter(([, action]) => picked.some(action.fits));
    return html`
      <h1>Batches</h1>
      <form class="filters" role="search" @submit=${(event) => event.preventDefault()}>
        ${choiceOfStates(this.query.get("status") ?? "", (state) => this.#filter("status", state))}
        <label>Label
          <input type="search" .value=${this.query.get("label") ?? ""}
            @change=${(event) => this.#filter("label", event.target.value)}></label>
        <label>Sorted by
          <select @change=${(event) => this.#filter("sort", event.target.value)}>
            ${Object.entries(SORTS).map(([key, [name]]) => html`
              <option value=${key} ?selected=${key === (this.query.get("sort") ?? "")}>${name}</option>`)}
          </select></label>
        <span class="actions">${can.map(([key, { name }]) => html`
          <button type="button" class=${key === "delete" || key === "cancel" ? "danger" : nothing}
            @click=${() => this.#change(key)}>${name}</button>`)}</span>
      </form>
      ${trouble(this.fault)}
      ${this.items.length ? this.#table() : html`<p class="quiet">There is none.</p>`}
      <nav class="pager" aria-label="More batches">
        ${this.query.get("cursor") ? html`<button type="button" @click=${() => history.back()}>Newer</button>` : nothing}
        ${this.next ? html`<button type="button" @click=${() => this.#filter("cursor", this.next)}>Older</button>` : nothing}
      </nav>`;
  }

  #table() {
    const isAll = this.items.every((batch) => this.chosen.has(batch.batch_id));
    const all = (event) => {
      this.chosen = new Set(event.target.checked ? this.items.map((batch) => batch.batch_id) : []);
      this.draw();
    };
    const choice = html`<input type="checkbox" aria-label="Choose all" .checked=${isAll} @change=${all}>`;
    const heads = [choice, "Batch", "State", ["Domains", "wide"], number("Pages"), number("A second"), number("Left"),
      number("Failed domains"), "Submitted"];
    return table(heads, repeat(this.items, (batch) => batch.batch_id, (batch) => this.#row(batch)));
  }

  #row(batch) {
    const id = batch.batch_id;
    const pace = this.paces.get(id);
    return html`<tr>
      <td><input type="checkbox" aria-label=${`Choose ${batch.label ?? id}`} .checked=${this.chosen.has(id)}
        @change=${(event) => this.#choose(id, event.target.checked)}></td>
      <td><a href=${`#/batch/${id}`}>${batch.label ?? short(id)}</a></td>
      <td>${tag(batch.status, batch.paused)}</td>
      <td>${progress(batch)}</td>
      <td class="number">${whole(batch.pages.fetched)}</td>
      <td class="number">${pace ? rate(pace.rate) : "–"}</td>
      <td class="number">${pace && !batch.paused ? span(pace.left(batch)) : "–"}</td>
      <td class="number">${whole(batch.failed_domains)}</td>
      <td>${time(batch.created_at)}</td>
    </tr>`;
  }
}
