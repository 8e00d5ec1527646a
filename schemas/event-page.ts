/** A page of a run's event log, oldest first; its cursor is the seq of the last event on it. */
import Type, { type Static } from "typebox";
import type { RunEvent } from "./event.ts";
import { strict } from "./values.ts";

export const EventPage = Type.Object(
  {
    data: Type.Array(Type.Unsafe<RunEvent>({ $ref: "RunEvent#" })),
    has_more: Type.Boolean(),
    next_cursor: Type.Integer({ minimum: 0, description: "`after` of the next page." }),
    epoch: Type.String({ description: "Of the log; a cursor is only good within one epoch." }),
  },
  { ...strict, $id: "EventPage" },
);
export type EventPage = Static<typeof EventPage>;
