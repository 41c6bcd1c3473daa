// How fast a batch goes, by the looks of the last half minute.

const WINDOW_MS = 30_000;
const ENOUGH = 3; // domains that have ended, before a time that is left is told

const endedOf = ({ counts }) => counts.complete + counts.partial + counts.failed + counts.cancelled;

export class Pace {
  #looks = [];

  see(batch) {
    const now = performance.now();
    this.#looks.push({ at: now, fetched: batch.pages.fetched, ended: endedOf(batch) });
    while (this.#looks.length > 2 && this.#looks[1].at <= now - WINDOW_MS) this.#looks.shift();
  }

  get #span() { return (this.#looks.at(-1).at - this.#looks[0].at) / 1_000; }

  // Pages a second; `null` before the second look.
  get rate() {
    const seconds = this.#span;
    return seconds < 1 ? null : (this.#looks.at(-1).fetched - this.#looks[0].fetched) / seconds;
  }

  // Seconds to the end, if it goes on like this.
  left(batch) {
    const ended = this.#looks.at(-1).ended - this.#looks[0].ended;
    return ended < ENOUGH ? null : (this.#span / ended) * (batch.total_domains - endedOf(batch));
  }
}

export { endedOf };
