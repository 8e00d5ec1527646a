/**
 * A sweep under way: on a terminal a bar, counts and the table so far, redrawn in place; elsewhere
 * a line now and then; or its frames as JSON lines.
 */
import type { Terminal } from "#cli/terminal.ts";
import type { SweepFrame } from "#schemas/stream.ts";
import type { SweepCounts, SweepResults } from "#schemas/sweep.ts";
import { bar } from "./bar.ts";
import { showSeconds } from "./numbers.ts";
import { clipped, type Paint, paintFor } from "./paint.ts";
import { groupsTable } from "./sweep-table.ts";

/** Lines of the table that are drawn while the sweep goes on. */
const tableLinesMax = 20;
const barWidth = 30;
/** Milliseconds between two lines where nothing is redrawn. */
const lineMs = 1000;

export interface SweepView {
  /** Whether it shows results that come before the end. */
  readonly wantsResults: boolean;
  show(frame: SweepFrame, results: SweepResults | undefined): void;
  close(): void;
}

const endedOf = (counts: SweepCounts): number =>
  counts.succeeded + counts.failed + counts.cancelled;

function countsText(counts: SweepCounts): string {
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  return said.map(([status, count]) => `${count} ${status}`).join(", ");
}

class LiveSweep implements SweepView {
  readonly wantsResults = true;
  readonly #terminal: Terminal;
  readonly #paint: Paint;
  readonly #fromMs: number;
  #first: number | undefined;
  #linesDrawn = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#paint = paintFor(terminal.colour);
    this.#fromMs = terminal.now();
  }

  show(frame: SweepFrame, results: SweepResults | undefined): void {
    const lines = [countsText(frame.counts)];
    if (results !== undefined) {
      // Without colours: lines are cut to the terminal's width, and would spill theirs.
      const drawn = groupsTable(results, paintFor(false)).trimEnd().split("\n");
      lines.push("", ...drawn.slice(0, tableLinesMax));
      const more = drawn.length - tableLinesMax;
      if (more > 0) lines.push(`… and ${more} more`);
    }
    this.#clear();
    const columns = this.#terminal.columns() - 1;
    const drawn = [this.#barLine(frame), ...lines.map((line) => clipped(line, columns))];
    this.#terminal.out(drawn.map((line) => `${line}\n`).join(""));
    this.#linesDrawn = drawn.length;
  }

  #barLine({ counts, total }: SweepFrame): string {
    const ended = endedOf(counts);
    this.#first ??= ended;
    const perMs = (ended - this.#first) / Math.max(1, this.#terminal.now() - this.#fromMs);
    const left = perMs > 0 ? `  ${showSeconds((total - ended) / perMs / 1000)} left` : "";
    return `${bar(ended / total, barWidth, this.#paint)}  ${ended}/${total}${left}`;
  }

  #clear(): void {
    if (this.#linesDrawn > 0) this.#terminal.out(`\r\x1b[${this.#linesDrawn}A\x1b[J`);
    this.#linesDrawn = 0;
  }

  /** The table at the end is printed anew, whole. */
  close(): void {
    this.#clear();
  }
}

class SweepLines implements SweepView {
  readonly wantsResults = false;
  readonly #terminal: Terminal;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ status, counts, total }: SweepFrame): void {
    const isLast = status !== "running";
    if (!isLast && this.#terminal.now() - this.#saidMs < lineMs) return;
    this.#saidMs = this.#terminal.now();
    this.#terminal.err(`${status}  ${endedOf(counts)}/${total}  ${countsText(counts)}\n`);
  }

  close(): void {}
}

class SweepJson implements SweepView {
  readonly wantsResults = false;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(frame: SweepFrame): void {
    this.#terminal.out(`${JSON.stringify(frame)}\n`);
  }

  close(): void {}
}

export function sweepView(terminal: Terminal, json: boolean): SweepView {
  if (json) return new SweepJson(terminal);
  return terminal.interactive ? new LiveSweep(terminal) : new SweepLines(terminal);
}
