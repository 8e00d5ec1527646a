/** A whole sweep as server-sent events, which a reader who was cut off resumes. */
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import type { App } from "#api/http/instance.ts";
import { negotiate } from "#api/http/negotiate.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { answerBySse, sse } from "#api/http/sse-answer.ts";
import { SweepCursor } from "#api/stream/sweep-cursor.ts";
import { followSweepBySse } from "#api/stream/sweep-sse.ts";
import { storedSweep } from "#runs/sweeps/commands.ts";
import { isEnded, statusOf } from "#runs/sweeps/status.ts";
import { eventKinds } from "#schemas/event.ts";
import { sweepSse } from "#schemas/sse.ts";
import { oneOf, SweepId, strict } from "#schemas/values.ts";

const read = {
  operationId: "followSweep",
  tags: ["sweeps"],
  summary: "Follow a whole sweep by server-sent events",
  description:
    "The frames of the sweep's WebSocket stream, each an event named after its frame: `sweep` " +
    "whenever the counts change, and of every run `hello`, `event`, `gap`, `caught_up`, " +
    "`complete`. The id of an event says how far every run was told; a reader who sends it as " +
    "`Last-Event-ID` goes on there. The answer ends when the sweep has ended and all is told.",
  params: Type.Object({ id: SweepId }, strict),
  querystring: Type.Object(
    {
      kinds: Type.Optional(
        Type.Array(oneOf(eventKinds, "A kind of event."), { description: "All when absent." }),
      ),
      max_rate_hz: Type.Optional(
        Type.Number({ exclusiveMinimum: 0, maximum: 1000, description: "Of metrics events." }),
      ),
      history: Type.Optional(
        Type.Boolean({
          default: true,
          description: "False: runs that are there already are told from where they are now.",
        }),
      ),
    },
    strict,
  ),
  headers: Type.Object({
    "last-event-id": Type.Optional(
      Type.String({ maxLength: 4096, description: "The id of the last event that came." }),
    ),
  }),
  response: answers(
    {
      ok: { description: "The stream.", media: { [sse]: sweepSse } },
      no_content: { description: "There is nothing more to come." },
    },
    ["invalid_request", "not_found", "not_acceptable", "cursor_invalid"],
  ),
};

export function sweepEventRoutes(app: App, edge: Edge): void {
  app.get("/v1/sweeps/:id/events", { schema: read }, async (request, reply) => {
    const backing = edge.of(request);
    negotiate(request.headers.accept, [sse]);
    const { id } = request.params;
    const { kinds, max_rate_hz: maxRateHz, history = true } = request.query;
    const lastEventId = request.headers["last-event-id"] ?? "";
    const from = lastEventId === "" ? undefined : SweepCursor.parse(lastEventId);
    const { fed, status } = await backing.store.read(async (reader) => {
      const record = await storedSweep(reader, id);
      return { fed: record.fed, status: statusOf(record, await reader.countCells(id)) };
    });
    if (isEnded(status) && from?.isThrough(fed) === true) {
      return reply.code(statuses.no_content).send();
    }
    return answerBySse(backing, { request, reply }, (stream) =>
      followSweepBySse({ ...stream, sweep: id, history, from, kinds, maxRateHz }),
    );
  });
}
