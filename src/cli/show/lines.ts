/** Progress for logs and pipes: plain lines, at most one a second for each run. */

import type { Terminal } from "#cli/terminal.ts";
import { finalStatuses, type Track } from "#cli/track.ts";
import type { RunEvent } from "#schemas/event.ts";
import { figuresOf } from "./figures-line.ts";
import type { View } from "./view.ts";

/** Milliseconds between two lines of one run. The line with its end is never held back. */
const lineMs = 1000;

export class LinesView implements View {
  readonly #terminal: Terminal;
  readonly #saidAt = new Map<string, number>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  add(_track: Track): void {}

  show(track: Track, event: RunEvent): void {
    const ending = event.type === "status" && finalStatuses.includes(event.data.status);
    const now = this.#terminal.now();
    if (!ending && now - (this.#saidAt.get(track.id) ?? -Infinity) < lineMs) return;
    this.#saidAt.set(track.id, now);
    const place = `${track.step}/${track.steps} (${Math.floor(100 * track.share)}%)`;
    const figures = track.loss === null ? [] : figuresOf(track);
    this.#terminal.out(`${[track.label, track.status, place, ...figures].join("  ")}\n`);
  }

  note(text: string): void {
    this.#terminal.err(`${text}\n`);
  }

  close(): void {}
}
