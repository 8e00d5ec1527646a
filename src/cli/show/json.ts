/** Progress for programs: every event as one line of JSON on standard output, and nothing else. */

import type { Terminal } from "#cli/terminal.ts";
import type { Track } from "#cli/track.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { View } from "./view.ts";

export class JsonView implements View {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  add(_track: Track): void {}

  show(track: Track, event: RunEvent): void {
    this.#terminal.out(`${JSON.stringify({ run: track.id, ...event })}\n`);
  }

  note(text: string): void {
    this.#terminal.err(`${text}\n`);
  }

  close(): void {}
}
