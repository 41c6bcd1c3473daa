// A page that is loaded from the API, drawn, and kept up to date while it is open.

import { html, render } from "./vendor/lit-html/lit-html.js";
import { unreachable } from "./api.js";
import { listen } from "./feed.js";
import { trouble } from "./parts.js";

const SETTLE_MS = 400; // a look for many events, not one for each
const LOOK_MS = 5_000; // pages move counters without an event

export class View {
  #place; #unlisten; #timer = null; #poll = null; #loading = null; #again = false;

  constructor(place, query) {
    this.query = query; // of the address: what is filtered, sorted, chosen
    this.error = null;
    this.isLoaded = false;
    this.closing = new AbortController();
    this.#place = place;
  }

  open() {
    this.#unlisten = listen((message) => this.#hear(message));
    this.#poll = setInterval(() => document.hidden || this.load(), this.lookMs);
    this.load();
    this.draw();
  }

  close() {
    this.closing.abort();
    this.#unlisten();
    clearInterval(this.#poll);
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
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.load();
    }, SETTLE_MS);
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
    try {
      await this.fetch();
      this.error = null;
      this.isLoaded = true;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      if (!unreachable(error) || !this.isLoaded) this.error = error;
    }
    this.draw();
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
