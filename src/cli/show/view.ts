/** The three ways of showing runs while they train have one interface; each is in its own file. */

import type { Track } from "#cli/track.ts";
import type { RunEvent } from "#schemas/event.ts";

export interface View {
  /** A run that will be shown, in this order. */
  add(track: Track): void;
  /** After `track` has taken in `event`. */
  show(track: Track, event: RunEvent): void;
  /** A sentence beside the progress. */
  note(text: string): void;
  /** Draws the last state and leaves the terminal as it was. */
  close(): void;
}
