/** Watches runs together until all have ended, and says how it went. Starts and cancels nothing. */
import type { RunEvent } from "#schemas/event.ts";
import type { Api } from "./api.ts";
import { plain } from "./show/paint.ts";
import type { View } from "./show/view.ts";
import type { Track } from "./track.ts";

export interface Followed {
  readonly api: Api;
  readonly tracks: readonly Track[];
  readonly view: View;
  readonly signal: AbortSignal;
}

/** Follows every track to its end, or until `signal` aborts; the tracks hold what was seen. */
export async function followAll({ api, tracks, view, signal }: Followed): Promise<void> {
  // One failing stream ends them all, so that none goes on unseen.
  const fault = new AbortController();
  const both = AbortSignal.any([signal, fault.signal]);
  const follow = async (track: Track): Promise<void> => {
    try {
      for await (const event of api.follow(track.id, { signal: both })) {
        track.apply(event);
        remark(track, event, view);
        view.show(track, event);
      }
    } catch (error) {
      if (!both.aborted) throw error;
    }
  };
  for (const track of tracks) view.add(track);
  try {
    await Promise.all(tracks.map(follow));
  } finally {
    fault.abort();
    view.close();
  }
}

/** Sentences that the log holds for people. Of warnings at linearisations the first says enough. */
function remark(track: Track, event: RunEvent, view: View): void {
  if (event.type === "log" && event.data.level !== "info") {
    view.note(`${track.label}: ${plain(event.data.message)}`);
  }
  if (event.type === "steered") {
    view.note(
      `${track.label}: steered at step ${event.data.step}: ${changesOf(event.data.changes)}`,
    );
  }
  if (event.type === "anchor" && event.data.warning !== null) {
    track.warnings += 1;
    if (track.warnings > 1) return;
    view.note(`${track.label}: step ${event.data.step}: ${plain(event.data.warning)}`);
  }
}

function changesOf(changes: object): string {
  return plain(JSON.stringify(changes));
}
