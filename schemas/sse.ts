/**
 * One event of an answer of server-sent events, by its fields: OpenAPI 3.1 has no word for a
 * sequence, so these answers are described event by event.
 */
import Type, { type TSchema } from "typebox";
import { oneOf } from "./values.ts";

/** Events of one run: those of the log have no name, control frames have their frame's. */
const runSseNames = ["message", "hello", "gap", "caught_up", "complete"] as const;
/** Events of a sweep: each is named after its frame. */
const sweepSseNames = ["sweep", "hello", "event", "gap", "caught_up", "complete"] as const;

function sseOf(names: readonly string[], id: string, data: TSchema) {
  return Type.Object({
    id: Type.Optional(Type.String({ description: id })),
    event: Type.Optional(oneOf(names, "Its name; `message` stands for none.")),
    data: Type.String({
      contentMediaType: "application/json",
      contentSchema: data,
      description: "JSON in one line.",
    }),
    retry: Type.Optional(
      Type.Integer({ minimum: 0, description: "Milliseconds to wait before coming back." }),
    ),
  });
}

const frameOf = (names: readonly string[]) =>
  Type.Object({ frame: oneOf(names, "What it is, as on the WebSocket stream.") });

/** `event` is the schema of what the log holds. */
export const runSse = (event: TSchema) =>
  sseOf(
    runSseNames,
    "Of what moves the cursor: its seq.",
    Type.Union([event, frameOf(runSseNames)]),
  );

export const sweepSse = sseOf(
  sweepSseNames,
  "How far every run of the sweep was told.",
  frameOf(sweepSseNames),
);
