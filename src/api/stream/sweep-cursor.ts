/**
 * A position in the stream of a whole sweep, as text that fits into Last-Event-ID. Runs join in the
 * order of cells, so few numbers say it: how many have joined, and how far those are that have not
 * been told to their end, as `joined;cell:seq,cell:seq`. Pure.
 */
import { failAt } from "#src/failure.ts";
import { sweepTailsMax } from "./sweep-limits.ts";

const cursorText = /^(\d{1,9});((?:\d{1,9}:\d{1,15})(?:,\d{1,9}:\d{1,15})*)?$/;

export class SweepCursor {
  /** Cells below this one have joined. */
  #joined: number;
  /** Last seq that was sent, of cells that have joined and are not told to their end. */
  readonly #live: Map<number, number>;

  constructor(joined = 0, live: ReadonlyMap<number, number> = new Map()) {
    this.#joined = joined;
    this.#live = new Map(live);
  }

  /** Failure `cursor_invalid` for what is none. */
  static parse(text: string): SweepCursor {
    const match = cursorText.exec(text);
    const pairs = match?.[2]?.split(",").map((pair) => pair.split(":").map(Number)) ?? [];
    if (match === null || pairs.length > sweepTailsMax) {
      throw failAt("cursor_invalid", "/header/Last-Event-ID", "must be what an event had as id");
    }
    return new SweepCursor(
      Number(match[1]),
      new Map(pairs.map(([cell = 0, seq = 0]) => [cell, seq])),
    );
  }

  /** The seq after which a cell's run goes on; undefined when all of it was sent. */
  after(cell: number): number | undefined {
    return cell >= this.#joined ? 0 : this.#live.get(cell);
  }

  join(cell: number, after: number): void {
    this.#joined = Math.max(this.#joined, cell + 1);
    this.#live.set(cell, after);
  }

  sent(cell: number, seq: number): void {
    if (this.#live.has(cell)) this.#live.set(cell, seq);
  }

  told(cell: number): void {
    this.#live.delete(cell);
  }

  /** Whether so many cells are told to their end. */
  isThrough(cells: number): boolean {
    return this.#joined >= cells && this.#live.size === 0;
  }

  get text(): string {
    const live = [...this.#live].map(([cell, seq]) => `${cell}:${seq}`);
    return `${this.#joined};${live.join(",")}`;
  }
}
