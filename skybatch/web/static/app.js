// The frame: who is signed in, where one is, and the page that is shown.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { ask } from "./api.js";
import { Batch } from "./batch.js";
import { Batches } from "./batches.js";
import { Domain } from "./domain.js";
import { listen, start } from "./feed.js";
import { NewBatch } from "./new_batch.js";
import { Overview } from "./overview.js";
import { exchange, forget, keep, takeCode, token } from "./session.js";
import { System } from "./system.js";

// The first that fits; what stands in parentheses is handed to the page.
const PAGES = [
  [/^$/, Overview, "Overview"],
  [/^batches$/, Batches, "Batches"],
  [/^new$/, NewBatch, "New batch"],
  [/^batch\/([\w-]+)$/, Batch, "Batch"],
  [/^job\/([\w-]+)$/, Domain, "Domain"],
  [/^system$/, System, "System"],
];
const MENU = [["", "Overview"], ["batches", "Batches"], ["new", "New batch"], ["system", "System"]];

const app = document.getElementById("app");
let view = null;
let feedState = "connecting";
let reading = null;
let shown = null; // the path of the view

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path, query: new URLSearchParams(query) };
}

function frame(path) {
  const link = ([target, name]) => html`<a href=${`#/${target}`}
      aria-current=${target === path ? "page" : nothing}>${name}</a>`;
  return html`
    <a class="skip" href="#content" @click=${skip}>Skip to the content</a>
    <header>
      <a class="name" href="#/">skybatch</a>
      <nav aria-label="Pages">${MENU.map(link)}<a href="/docs">API</a></nav>
      <span class="feed ${feedState}" role="status">${FEED[feedState]}</span>
      <button type="button" class="plain" @click=${signOut}>Sign out</button>
    </header>
    <main id="content" tabindex="-1"></main>`;
}

const FEED = { connecting: "connecting …", open: "live", lost: "the daemon does not answer" };

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

function show() {
  const { path, query } = place();
  if (view !== null && path === shown) {
    view.turn(query);
    return;
  }
  view?.close();
  view = null;
  render(frame(path.split("/")[0]), app);
  const content = document.getElementById("content");
  for (const [pattern, Page, title] of PAGES) {
    const found = pattern.exec(path);
    if (found === null) continue;
    document.title = `${title} – skybatch`;
    view = new Page(content, query, ...found.slice(1));
    view.open();
    if (shown !== null) content.focus(); // what had the focus is gone
    shown = path;
    return;
  }
  render(html`<h1>There is no such page</h1><p><a href="#/">Overview</a></p>`, content);
}

function enter() {
  reading?.abort();
  reading = new AbortController();
  start(reading.signal);
  show();
}

function leave() {
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close("no"));
  reading?.abort();
  view?.close();
  view = null;
  reading = null;
  shown = null;
  signIn("");
}

function signOut() {
  forget();
  leave();
}

function signIn(why) {
  const submit = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target).get("token").trim();
    if (!/^[\x21-\x7e]+$/.test(given)) {
      signIn("That token is not known.");
      return;
    }
    keep(given);
    try {
      await ask("/health");
    } catch (error) {
      forget();
      signIn(error.status === 401 ? "That token is not known." : error.message);
      return;
    }
    enter();
  };
  document.title = "Sign in – skybatch";
  render(html`<main class="sign-in">
    <h1>skybatch</h1>
    <form @submit=${submit}>
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
      <p class="quiet">It stands in the file <code>token</code> of the data directory. On a terminal,
        <code>skybatch serve</code> also shows a link that signs in once.</p>
      <p role="alert" class="wrong">${why}</p>
      <button>Sign in</button>
    </form>
  </main>`, app);
}

async function begin() {
  const code = takeCode();
  let why = "";
  if (code !== null) {
    try {
      const found = await exchange(code);
      if (found === null) why = "That link has been used, or is too old.";
      else keep(found);
    } catch (error) {
      why = `The daemon does not answer: ${error.message}`;
    }
  }
  if (token() === null) signIn(why);
  else if (reading === null) enter();
  else show();
}

listen((message) => {
  if (message.type !== "feed" || message.state === feedState) return;
  feedState = message.state;
  if (view !== null) render(frame(place().path.split("/")[0]), app);
});
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#code=")) begin();
  else if (reading !== null && location.hash !== "#content") show();
});
addEventListener("signed-out", leave);
addEventListener("storage", () => {
  if (token() === null) leave();
  else if (reading === null) enter();
});
begin();
