// A page that is loaded from the API, drawn, and kept up to date while it is open.

import { html, render } from "./vendor/lit-html/lit-html.js";
import { unreachable } from "./api.js";
import { listen } from "./feed.js";
import { trouble } from "./parts.js";

const SETTLE_MS = 400; // a look for many events, not one for each
const LOOK_MS = 5_000; // pages move counters without an event
// A page that is open must not slow down what it shows: the longer a look takes, the longer it rests.
const REST = 80, LONGEST_MS = 10_000;

export class View {
  #place; #unlisten; #timer = null; #loading = null; #again = false;
  #lookAt = 0; #tookBefore = 0;
  #readyAt = 0; // not before this is looked again, unless somebody has acted

  constructor(place, query) {
    this.query = query; // of the address: what is filtered, sorted, chosen
    this.error = null;
    this.isLoaded = false;
    this.closing = new AbortController();
    this.#place = place;
  }

  open() {
    this.#unlisten = listen((message) => this.#hear(message));
    this.load();
    this.draw();
  }

  close() {
    this.closing.abort();
    this.#unlisten();
    clearTimeout(this.#timer);
  }

  get lookMs() { return LOOK_MS; }

  // What the page fetches; sets members, and may throw.
  async fetch() {}

  // Whether an event changes what the page shows.
  concerns() { return true; }

  // Sees every event that concerns the page.
  hear() {}

  template() { return html``; }

  #hear(message) {
    if (message.type === "feed") {
      if (message.state === "open" && this.isLoaded) this.soon();
      return;
    }
    if (!this.concerns(message)) return;
    this.hear(message);
    this.soon();
  }

  soon() {
    this.#lookIn(Math.max(SETTLE_MS, this.#readyAt - performance.now()));
  }

  // The sooner of two looks that are due is made.
  #lookIn(ms) {
    const at = performance.now() + ms;
    if (this.#timer !== null && this.#lookAt <= at) return;
    clearTimeout(this.#timer);
    this.#lookAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (document.hidden) this.#lookIn(this.lookMs);
      else this.load();
    }, ms);
  }

  // One load at a time; what is asked for meanwhile is one more.
  async load() {
    if (this.#loading) {
      this.#again = true;
      return this.#loading;
    }
    this.#loading = this.#load();
    await this.#loading;
    this.#loading = null;
    if (this.#again && !this.closing.signal.aborted) {
      this.#again = false;
      this.load();
    }
  }

  async #load() {
    const began = performance.now();
    try {
      await this.fetch();
      this.error = null;
      this.isLoaded = true;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      if (!unreachable(error) || !this.isLoaded) this.error = error;
    }
    this.draw();
    const took = performance.now() - began;
    const rest = Math.min(LONGEST_MS, REST * Math.min(took, this.#tookBefore));
    this.#tookBefore = took; // one look that took long, such as the first, is no burden
    this.#readyAt = performance.now() + rest;
    this.#lookIn(Math.max(this.lookMs, rest));
  }

  // Does something for the user, and shows what is wrong with it.
  async act(action) {
    try {
      await action();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    await this.load();
  }

  draw() {
    if (this.closing.signal.aborted) return;
    const body = this.isLoaded ? this.template() : html`<p class="quiet">Loading …</p>`;
    render(html`${trouble(this.error)}${body}`, this.#place);
  }
}
