// The one stream of events that all tabs share: the tab that holds the lock reads it and tells the
// others. Chromium opens six connections to a host, and six tabs must not take them all.

import { request } from "./api.js";

const LOCK = "skybatch-feed";
const FIRST_MS = 500, MOST_MS = 10_000;

const channel = new BroadcastChannel(LOCK);
const listeners = new Set();
let lastId = null;
let state = "connecting";
let wake = () => {};
let isReading = false; // this tab reads for all

// Tells `hear` every event, and the state of the stream: "connecting", "open" or "lost".
export function listen(hear) {
  listeners.add(hear);
  hear({ type: "feed", state });
  return () => listeners.delete(hear);
}

function tell(message) {
  if (message.id) lastId = message.id;
  if (message.type === "feed") state = message.state;
  for (const hear of listeners) hear(message);
}

function share(message) {
  tell(message);
  if (navigator.locks) channel.postMessage(message);
}

channel.onmessage = ({ data }) => {
  if (data.type === "nudge") wake();
  else if (data.type !== "hello") tell(data);
  else if (isReading) channel.postMessage({ type: "feed", state });
};

// The daemon has just answered: whoever waits to try the stream again need not wait any longer.
export function nudge() {
  if (state !== "lost") return;
  wake();
  channel.postMessage({ type: "nudge" });
}

export function start(signal) {
  channel.postMessage({ type: "hello" });
  // Locks are for secure contexts: over plain HTTP from elsewhere each tab reads for itself.
  const reading = navigator.locks ? navigator.locks.request(LOCK, { signal }, () => read(signal)) : read(signal);
  reading.catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
}

async function read(signal) {
  isReading = true;
  try {
    await readOn(signal);
  } finally {
    isReading = false;
  }
}

async function readOn(signal) {
  let pause = FIRST_MS;
  while (!signal.aborted) {
    try {
      const headers = lastId === null ? {} : { "Last-Event-ID": String(lastId) };
      const answer = await request("/events", { accept: "text/event-stream", headers, signal });
      if (answer.ok) {
        share({ type: "feed", state: "open" });
        pause = FIRST_MS;
        await take(answer.body);
      } else if (answer.status === 401) {
        return;
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    share({ type: "feed", state: "lost" });
    await new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, pause * (0.75 + Math.random() / 2));
    });
    pause = Math.min(MOST_MS, 2 * pause);
  }
}

// The wire format of https://html.spec.whatwg.org/multipage/server-sent-events.html, as we write it.
async function take(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data: "));
      if (data.length) share(JSON.parse(data.map((line) => line.slice(6)).join("\n")));
    }
  }
}
