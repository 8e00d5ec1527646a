/**
 * One reader's way through a whole sweep: a tail for each of its runs, in the order of cells, new
 * runs as they come, and a frame whenever its counts change. How a tail sends is not decided here.
 */
import { storedSweep } from "#runs/sweeps/commands.ts";
import { isEnded, shownSweep } from "#runs/sweeps/status.ts";
import type { SweepFrame } from "#schemas/stream.ts";
import type { Sweep } from "#schemas/sweep.ts";
import type { Reader, Store } from "#storage/store.ts";
import type { Wakeups } from "#storage/wakeups.ts";
import { Bell } from "./bell.ts";
import type { SweepCursor } from "./sweep-cursor.ts";
import { sweepTailsMax } from "./sweep-limits.ts";

/** How long a change of the counts may go unsaid when no wake-up tells of it. */
const pollMs = 1000;
const pageLimit = 200;

export interface SweepStreamOptions {
  readonly ports: { readonly store: Store; readonly wakeups: Wakeups };
  readonly sweep: string;
  readonly signal: AbortSignal;
  readonly say: (frame: SweepFrame) => void;
  /** Whether runs that are there when the stream opens are told from their beginning. */
  readonly history: boolean;
  /** Where the reader is already, in the place of `history`. */
  readonly from?: SweepCursor | undefined;
  /** Follows a run after a seq; resolves once all of it was sent, or it was given up. */
  readonly follow: (joining: Joining) => Promise<void>;
}

export interface Joining {
  readonly run: string;
  readonly cell: number;
  readonly after: number;
}

class SweepTail {
  readonly #options: SweepStreamOptions;
  readonly #waiting: Joining[] = [];
  /** Cells that were runs at the last look, and the newest of those runs. */
  #fed = 0;
  #lastKnown = "";
  #looked = false;
  #live = 0;
  #said = "";

  constructor(options: SweepStreamOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { ports, sweep: id, signal } = this.#options;
    using bell = new Bell(ports.wakeups, id);
    while (!signal.aborted) {
      const sweep = await this.#look();
      this.#open(() => bell.ring());
      if (isEnded(sweep.status) && this.#live === 0 && this.#waiting.length === 0) return;
      await bell.wait(pollMs, signal);
    }
  }

  /** Reads the sweep, says what changed, and takes note of runs that are new. */
  async #look(): Promise<Sweep> {
    const { ports, sweep: id, say } = this.#options;
    const sweep = await ports.store.read(async (reader) => {
      const record = await storedSweep(reader, id);
      const counts = await reader.countCells(id);
      if (record.fed > this.#fed) this.#waiting.push(...(await this.#newRuns(reader)));
      this.#fed = record.fed;
      this.#looked = true;
      return shownSweep(record, counts);
    });
    const { status, total, counts } = sweep;
    const frame: SweepFrame = { frame: "sweep", sweep: id, status, total, counts };
    const text = JSON.stringify(frame);
    if (text !== this.#said) say(frame);
    this.#said = text;
    return sweep;
  }

  /** Runs after the last known one, in the order of cells. Listings are newest first. */
  async #newRuns(reader: Reader): Promise<readonly Joining[]> {
    const skips = !this.#looked && !this.#options.history;
    const fresh: Joining[] = [];
    for (;;) {
      const after = fresh.at(-1)?.run;
      const filter = { sweep: this.#options.sweep, limit: pageLimit };
      const page = await reader.runs(after === undefined ? filter : { ...filter, after });
      const unknown = page.rows.filter(({ run }) => run.id > this.#lastKnown);
      fresh.push(
        ...unknown.map(({ run }) => ({
          run: run.id,
          cell: run.sweep?.cell ?? 0,
          after: skips ? run.last_seq : 0,
        })),
      );
      if (!page.more || unknown.length < page.rows.length) break;
    }
    this.#lastKnown = fresh[0]?.run ?? this.#lastKnown;
    return fresh.reverse().flatMap((joining) => this.#since(joining));
  }

  /** A run from where the reader is; none when all of it was sent. */
  #since(joining: Joining): readonly Joining[] {
    const { from } = this.#options;
    if (from === undefined) return [joining];
    const after = from.after(joining.cell);
    return after === undefined ? [] : [{ ...joining, after }];
  }

  #open(ended: () => void): void {
    const { follow, signal } = this.#options;
    while (this.#live < sweepTailsMax && !signal.aborted) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#live += 1;
      void follow(next).finally(() => {
        this.#live -= 1;
        ended();
      });
    }
  }
}

/** Returns when the sweep has ended and all is said, or the signal aborts. Failure `not_found`. */
export function followSweep(options: SweepStreamOptions): Promise<void> {
  return new SweepTail(options).run();
}
