// Pieces that several pages show.

import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";
import { ago, moment, percent, safe, whole } from "./format.js";

const STATES = ["complete", "partial", "failed", "cancelled", "running", "pending"];
const ENDED = new Set(["complete", "partial", "failed", "cancelled"]);

export const isOver = (state) => ENDED.has(state);

export const tag = (state, isPaused = false) =>
  html`<span class="tag ${state}">${state}${isPaused && !isOver(state) ? ", paused" : ""}</span>`;

export const time = (text) =>
  text ? html`<time datetime=${text} title=${moment(text)}>${ago(text)}</time>` : html`–`;

// Heads are texts, or a text and a class; rows are made by who calls.
export const table = (heads, rows) => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Table"><table>
    <thead><tr>${heads.map((head) => (Array.isArray(head)
      ? html`<th class=${head[1]}>${head[0]}</th>` : html`<th>${head}</th>`))}</tr></thead>
    <tbody>${rows}</tbody></table></div>`;

export const number = (text) => [text, "number"];

// A link out of the page to what a site says of itself; text where it is no web address.
export function out(url, text = url) {
  const target = safe(url);
  return target === null
    ? html`<span class="odd">${text}</span>`
    : html`<a href=${target} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
}

// How the jobs of a batch stand, as a bar: widths are attributes of SVG, as the page allows no styles.
export function bar(counts) {
  const total = STATES.reduce((sum, state) => sum + counts[state], 0) || 1;
  let at = 0;
  const pieces = STATES.filter((state) => counts[state]).map((state) => {
    const width = (100 * counts[state]) / total;
    const piece = [state, at, width];
    at += width;
    return piece;
  });
  const words = STATES.filter((state) => counts[state])
    .map((state) => `${whole(counts[state])} ${state}`)
    .join(", ");
  return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img"
      aria-label=${words || "nothing yet"}>
    ${pieces.map(([state, x, width]) => rectangle(state, x, width))}
  </svg>`;
}

const rectangle = (state, x, width) =>
  svg`<rect class=${state} x=${x} y="0" width=${width} height="1"></rect>`;

// Rows of a name and a share, each a button that filters.
export function histogram(rows, { chosen, choose }) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return html`<ul class="histogram">
    ${rows.map(({ name, title, count }) => html`<li>
      <button type="button" title=${title ?? nothing} aria-pressed=${String(chosen === name)}
          @click=${() => choose(chosen === name ? null : name)}>
        <span>${name}</span>
        <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          ${rectangle("share", 0, (100 * count) / most)}
        </svg>
        <span class="number">${whole(count)}</span>
      </button>
    </li>`)}
  </ul>`;
}

export const choiceOfStates = (chosen, choose) => html`
  <label>State
    <select .value=${chosen} @change=${(event) => choose(event.target.value)}>
      <option value="">all</option>
      ${STATES.map((state) => html`<option ?selected=${state === chosen}>${state}</option>`)}
    </select></label>`;

export const progress = (batch) => html`
  <div class="progress">${bar(batch.counts)}<span class="number">${percent(batch.progress)}</span></div>`;

export const trouble = (error) =>
  error
    ? html`<div class="trouble" role="alert">
        <p>${error.message}</p>
        ${error.errors?.length
          ? html`<ul>${error.errors.map((fault) => html`<li>${where(fault)} ${fault.detail}</li>`)}</ul>`
          : nothing}
      </div>`
    : nothing;

// Where a fault is: a row of the list, or a member, unless its name stands in the sentence anyway.
function where({ pointer, detail }) {
  const row = /^\/domains\/(\d+)$/.exec(pointer);
  if (row !== null) return html`Row ${whole(Number(row[1]) + 1)}:`;
  const name = pointer.replace(/^[?/]/, "");
  return name && !detail.startsWith(name) ? html`<code>${name}</code>` : nothing;
}

// Asks before what cannot be undone; resolves to whether it is wanted.
export function confirm(question, action) {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  text.textContent = question;
  text.id = "question";
  dialog.setAttribute("aria-labelledby", text.id);
  const form = document.createElement("form");
  form.method = "dialog";
  const no = button("No, leave it", "no"), yes = button(action, "yes");
  yes.className = "danger";
  form.append(no, yes);
  dialog.append(text, form);
  document.body.append(dialog);
  dialog.showModal();
  const leave = () => dialog.close("no"); // with the page that it is about
  addEventListener("hashchange", leave);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      removeEventListener("hashchange", leave);
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function button(text, value) {
  const made = document.createElement("button");
  made.textContent = text;
  made.value = value;
  return made;
}
