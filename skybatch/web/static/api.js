// The public API, as everybody has it.

import { forget, token } from "./session.js";

export const PREFIX = "/api/v3/batch_page_scraper";

// What the API says is wrong, in its words.
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? document.title ?? `the daemon answered ${status}`);
    this.status = status;
    this.errors = document.errors ?? [];
  }
}

// The daemon does not answer, or no further.
class Unreachable extends Error {}

export const unreachable = (error) => error instanceof Unreachable || error.name === "AbortError";

// What the browser calls a TypeError when the network fails; anything else is as it is.
async function over(network) {
  try {
    return await network;
  } catch (error) {
    throw error instanceof TypeError ? new Unreachable("The daemon does not answer.") : error;
  }
}

export function request(path, { method = "GET", body, type, accept, signal, headers } = {}) {
  const sent = { Authorization: `Bearer ${token()}`, ...headers };
  if (accept) sent.Accept = accept;
  if (body !== undefined) sent["Content-Type"] = type ?? "application/json";
  const data = body === undefined || type ? body : JSON.stringify(body);
  return over(fetch(path.startsWith("/") ? PREFIX + path : path, {
    method, headers: sent, body: data, signal, cache: "no-store",
  }));
}

export async function ask(path, options) {
  const answer = await request(path, options);
  if (answer.status === 401) {
    forget();
    dispatchEvent(new Event("signed-out"));
  }
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const document = isJson ? await over(answer.json()) : {};
  if (!answer.ok) throw new Problem(answer.status, document);
  return document;
}

// A list by what the user has typed: a filter that means nothing gives none, and its fault.
export async function askFor(path, options) {
  try {
    return await ask(path, options);
  } catch (error) {
    if (error.status !== 422) throw error;
    return { items: [], next_cursor: null, fault: error };
  }
}

export const post = (path, body) => ask(path, { method: "POST", body });

// A file of the API, saved under a name: a link could not carry the token.
export async function download(path, name) {
  const answer = await request(path);
  if (!answer.ok) throw new Problem(answer.status, await answer.json());
  const address = URL.createObjectURL(await over(answer.blob()));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
