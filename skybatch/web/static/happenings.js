// Events as lines.

import { html } from "./vendor/lit-html/lit-html.js";
import { short, span } from "./format.js";

const WORDS = {
  "batch.submitted": ({ data }) => `was submitted with ${data.jobs} domains`,
  "batch.started": () => "has begun",
  "batch.paused": () => "is paused",
  "batch.resumed": () => "goes on",
  "batch.stuck": ({ data }) => `gets nowhere: ${data.detail}`,
  "batch.finished": ({ data }) => `has ended: ${data.state}`,
  "batch.cancelled": () => "is cancelled",
  "job.claimed": () => "a worker has it",
  "job.start_found": ({ data }) => `its start page is ${data.url ?? data.start_url ?? "found"}`,
  "job.retry_scheduled": ({ data }) => `will be tried again${data.delay_s ? ` in ${span(data.delay_s)}` : ""}`,
  "job.lease_lost": () => "was given to another attempt",
  "job.rescued": () => "was taken back from a worker that is gone",
  "job.released": () => "waits for its host",
  "job.finished": ({ data }) => `has ended: ${data.state}${data.reason ? `, ${data.reason}` : ""}`,
  "page.fetched": ({ data }) => `${data.url}`,
  "page.failed": ({ data }) => `${data.url}: ${data.reason}`,
};

// The section of a page that shows what has happened while it was open, newest first.
export const happenings = (events) => html`
  <section aria-labelledby="live"><h2 id="live">What happens</h2>
    ${events.length
      ? html`<ol class="lines">${events.map(happened)}</ol>`
      : html`<p class="quiet">Nothing since this page was opened.</p>`}
  </section>`;

function happened(event) {
  const said = WORDS[event.type]?.(event) ?? event.type;
  const isJob = event.job_id !== null && event.job_id !== undefined;
  const target = isJob ? `#/job/${event.job_id}` : `#/batch/${event.batch_id}`;
  const name = isJob ? event.data.domain ?? "a domain" : `batch ${short(event.batch_id)}`;
  return html`<li>
    <time datetime=${event.at}>${new Date(event.at).toLocaleTimeString("en-GB")}</time>
    <a href=${target}>${name}</a> <span>${said}</span>
  </li>`;
}
