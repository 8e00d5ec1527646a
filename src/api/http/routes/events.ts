/** The event log of a run: pages of JSON, or server-sent events that follow it. */
import type { FastifyReply } from "fastify";
import Type, { type Static } from "typebox";
import type { Backing, Edge } from "#api/backing.ts";
import { runOr404 } from "#api/http/entity.ts";
import type { App } from "#api/http/instance.ts";
import { negotiate } from "#api/http/negotiate.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { ref } from "#api/http/schemas.ts";
import { answerBySse, type Exchange, sse } from "#api/http/sse-answer.ts";
import { followBySse } from "#api/stream/sse.ts";
import { checkCursor, type Wanted } from "#api/stream/tail.ts";
import { isTerminal } from "#runs/change.ts";
import { eventKinds, RunEvent } from "#schemas/event.ts";
import { EventPage } from "#schemas/event-page.ts";
import type { Run } from "#schemas/run.ts";
import { runSse } from "#schemas/sse.ts";
import { oneOf, RunId, strict } from "#schemas/values.ts";
import { failAt } from "#src/failure.ts";

/** Events of one page; a larger limit is cut to this. */
export const eventsPageMax = 1000;

const eventsPageDefault = 200;
const json = "application/json";

const query = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: "The last seq that you have; 0 is the start." }),
    ),
    epoch: Type.Optional(Type.String({ maxLength: 64, description: "Of the cursor, if known." })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: eventsPageDefault,
        description: `At most ${eventsPageMax}; more is cut to ${eventsPageMax}.`,
      }),
    ),
    kinds: Type.Optional(
      Type.Array(oneOf(eventKinds, "A kind of event."), { description: "All when absent." }),
    ),
    max_rate_hz: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1000, description: "SSE: of metrics events." }),
    ),
  },
  strict,
);

const read = {
  operationId: "listEvents",
  tags: ["events"],
  summary: "Read or follow a run's log",
  description:
    "JSON: one page, oldest first. `Accept: text/event-stream`: the log from the cursor " +
    "(`Last-Event-ID` or `after`), then what comes; 204 when the run has ended and all was read.",
  params: Type.Object({ id: RunId }, strict),
  querystring: query,
  headers: Type.Object({
    "last-event-id": Type.Optional(Type.String({ description: "SSE: seq, or epoch:seq." })),
  }),
  response: answers(
    {
      ok: {
        description: "A page of events, or their stream.",
        schema: ref(EventPage),
        media: { [sse]: runSse(ref(RunEvent)) },
      },
      no_content: { description: "SSE: there is nothing more to come." },
    },
    [
      "invalid_request",
      "not_found",
      "not_acceptable",
      "cursor_invalid",
      "epoch_mismatch",
      "cursor_in_future",
    ],
  ),
};

type Query = Static<typeof query>;

function wantedOf(run: string, query: Query, lastEventId: string | undefined): Wanted {
  const { after = 0, epoch, kinds, max_rate_hz: maxRateHz } = query;
  const wanted = { run, after, epoch, kinds, maxRateHz };
  if (lastEventId === undefined || lastEventId === "") return wanted;
  const match = /^(?:([^:]{1,64}):)?(\d{1,15})$/.exec(lastEventId);
  if (match === null) {
    throw failAt("cursor_invalid", "/header/Last-Event-ID", "must be a seq, or epoch:seq");
  }
  return { ...wanted, after: Number(match[2]), epoch: match[1] ?? epoch };
}

async function pageOf({ store }: Backing, wanted: Wanted, limit: number): Promise<EventPage> {
  return store.read(async (reader) => {
    const record = await reader.run(wanted.run);
    const filter = wanted.kinds === undefined ? {} : { kinds: wanted.kinds };
    const events = await reader.events(wanted.run, {
      after: wanted.after,
      limit: limit + 1,
      ...filter,
    });
    const data = events.slice(0, limit);
    const has_more = events.length > limit;
    // When all was looked at, the cursor passes what the filter left out.
    const end = Math.max(wanted.after, record?.run.last_seq ?? 0);
    const next_cursor = has_more ? (data.at(-1)?.seq ?? wanted.after) : end;
    return { data, has_more, next_cursor, epoch: record?.run.epoch ?? "" };
  });
}

function startSse(
  backing: Backing,
  exchange: Exchange,
  { run, wanted }: { readonly run: Run; readonly wanted: Wanted },
): FastifyReply {
  if (isTerminal(run.status) && wanted.after >= run.last_seq) {
    return exchange.reply.code(statuses.no_content).send();
  }
  return answerBySse(backing, exchange, (stream) => followBySse({ ...stream, wanted }));
}

export function eventRoutes(app: App, edge: Edge): void {
  app.get("/v1/runs/:id/events", { schema: read }, async (request, reply) => {
    const backing = edge.of(request);
    const { id } = request.params;
    const type = negotiate(request.headers.accept, [json, sse]);
    const lastEventId = type === sse ? request.headers["last-event-id"] : undefined;
    const wanted = wantedOf(id, request.query, lastEventId);
    const run = await runOr404(backing.store, id);
    checkCursor(run, wanted);
    void reply.header("vary", "accept");
    if (type === sse) return startSse(backing, { request, reply }, { run, wanted });
    const limit = Math.min(request.query.limit ?? eventsPageDefault, eventsPageMax);
    return pageOf(backing, wanted, limit);
  });
}
