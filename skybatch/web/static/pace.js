// How fast a batch goes, by the looks of the last half minute.

const WINDOW_MS = 30_000;
const ENOUGH = 3; // domains that have ended, before a time that is left is told

const endedOf = ({ counts }) => counts.complete + counts.partial + counts.failed + counts.cancelled;

export class Pace {
  #looks = [];
  #first = null;

  see(batch) {
    const now = performance.now();
    const look = { at: now, fetched: batch.pages.fetched, ended: endedOf(batch) };
    this.#first ??= look;
    this.#looks.push(look);
    while (this.#looks.length > 2 && this.#looks[1].at <= now - WINDOW_MS) this.#looks.shift();
  }

  // Pages a second; `null` before the second look.
  get rate() {
    const old = this.#looks[0], last = this.#looks.at(-1);
    return last.at - old.at < 1_000 ? null : (1_000 * (last.fetched - old.fetched)) / (last.at - old.at);
  }

  // Seconds to the end, if it goes on as it did lately, or else since the first look.
  left(batch) {
    const last = this.#looks.at(-1);
    for (const old of [this.#looks[0], this.#first]) {
      const ended = last.ended - old.ended;
      if (ended >= ENOUGH) return ((last.at - old.at) / 1_000 / ended) * (batch.total_domains - endedOf(batch));
    }
    return null;
  }
}

export { endedOf };
