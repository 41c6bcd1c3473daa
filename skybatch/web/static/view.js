// A page that is loaded from the API, drawn, and kept up to date while it is open.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { unreachable } from "./api.js";
import { listen, nudge } from "./feed.js";
import { trouble } from "./parts.js";
import { go } from "./place.js";

const SETTLE_MS = 400; // a look for many events, not one for each
const LOOK_MS = 5_000; // pages move counters without an event
export const OVER_MS = 300_000; // of what has ended: an event tells when it goes on
// A page that is open must not slow down what it shows: the longer a look takes, the longer it rests.
const REST = 80, LONGEST_MS = 10_000;

export class View {
  #place; #unlisten; #frame = null; #loading = null; #again = false;
  #timer = null; #lookAt = 0; #isWanted = false; // something has happened since the look began
  #readyAt = 0; // not before this is looked again, unless somebody has acted
  #tookBefore = 0;

  constructor(place, query) {
    this.query = query; // of the address: what is filtered, sorted, chosen
    this.error = null; // of the last look
    this.problem = null; // with what the user wanted last
    this.isLoaded = false;
    this.closing = new AbortController();
    this.#place = place;
  }

  open() {
    this.#unlisten = listen((message) => this.#hear(message));
    const { signal } = this.closing; // who comes back sees what is now
    document.addEventListener("visibilitychange", () => document.hidden || this.load(), { signal });
    this.load();
    this.draw();
  }

  close() {
    this.closing.abort();
    this.#unlisten();
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    render(nothing, this.#place);
  }

  // Something else is filtered, sorted or chosen: the page stays, and the focus with it.
  turn(query) {
    this.query = query;
    this.load();
  }

  // Elsewhere, unless one is elsewhere already.
  go(path, query) {
    if (!this.closing.signal.aborted) go(path, query);
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
    this.#isWanted = true;
    if (this.#loading === null) this.#lookIn(Math.max(SETTLE_MS, this.#readyAt - performance.now()));
  }

  // The sooner of two looks that are due is made.
  #lookIn(ms) {
    const at = performance.now() + ms;
    if (this.#timer !== null && this.#lookAt <= at) return;
    clearTimeout(this.#timer);
    this.#lookAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (document.hidden) this.#lookIn(LOOK_MS);
      else if (this.#loading === null) this.load();
    }, ms);
  }

  // Looks now. While a look is under way, once more behind it.
  load() {
    this.#again = this.#loading !== null;
    this.#loading ??= this.#look().finally(() => {
      this.#loading = null;
      if (this.#again && !this.closing.signal.aborted) this.load();
    });
    return this.#loading;
  }

  async #look() {
    const began = performance.now();
    this.#isWanted = false;
    try {
      await this.fetch();
      this.error = null;
      this.isLoaded = true;
      nudge();
    } catch (error) {
      if (!unreachable(error) || !this.isLoaded) this.error = error;
    }
    if (this.closing.signal.aborted) return;
    this.draw();
    const took = performance.now() - began;
    const rest = Math.min(LONGEST_MS, REST * Math.min(took, this.#tookBefore));
    this.#tookBefore = took; // one look that took long, such as the first, is no burden
    this.#readyAt = performance.now() + rest;
    const usual = this.isLoaded ? this.lookMs : LOOK_MS;
    this.#lookIn(Math.max(this.#isWanted ? SETTLE_MS : usual, rest));
  }

  // Does something for the user, and shows what is wrong with it until the next time.
  async act(action) {
    this.problem = null;
    try {
      await action();
    } catch (error) {
      this.problem = error;
    }
    await this.load();
  }

  // In the next frame, however often it is asked for; not while nobody sees it.
  draw() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
    });
  }

  #draw() {
    if (this.closing.signal.aborted) return;
    let body;
    try {
      if (this.isLoaded) body = this.template();
      else body = this.error === null ? html`<p class="quiet">Loading …</p>` : nothing;
    } catch (error) {
      console.error(error); // a bug of the page
      body = trouble(error);
    }
    render(html`${trouble(this.problem)}${trouble(this.error)}${body}`, this.#place);
  }
}
