/** What a trainer says, in order, with events that follow each other put into batches. */
import type { FromTrainer, TrainerEvent } from "#src/channel.ts";
import { eventsPerBatchMax } from "./recorder.ts";

export type Part =
  | { readonly events: readonly TrainerEvent[] }
  | { readonly message: Exclude<FromTrainer, { readonly type: "event" }> };

/** Messages in order, with events that follow each other put together. */
export function* inParts(messages: readonly FromTrainer[]): Generator<Part> {
  let events: TrainerEvent[] = [];
  for (const message of messages) {
    if (message.type === "event") {
      events.push(message.event);
      if (events.length < eventsPerBatchMax) continue;
    }
    if (events.length > 0) yield { events };
    events = [];
    if (message.type !== "event") yield { message };
  }
  if (events.length > 0) yield { events };
}
