/** Sweeps: submitted, listed, read with their table of results, paused, cancelled, deleted. */
import { Readable } from "node:stream";
import Type from "typebox";
import Compile from "typebox/compile";
import { arrowStream, arrowStreamType } from "#api/arrow.ts";
import type { Edge } from "#api/backing.ts";
import { explain } from "#api/explain.ts";
import { plainSchema } from "#api/explain-leaf.ts";
import { idempotency, locationHeader } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { negotiate } from "#api/http/negotiate.ts";
import { answerOnce, type Produced } from "#api/http/once.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { Bytes, ref, resolveNamed, SweepPage } from "#api/http/schemas.ts";
import { cellsArrow, groupsArrow } from "#api/sweep-arrow.ts";
import { cellsCsv, groupsCsv } from "#api/sweep-table.ts";
import {
  cancelSweep,
  deleteSweep,
  pauseSweep,
  resumeSweep,
  submitSweep,
} from "#runs/sweeps/commands.ts";
import { sweepResults } from "#runs/sweeps/results.ts";
import { shownSweep } from "#runs/sweeps/status.ts";
import { RunRequest } from "#schemas/run.ts";
import { Sweep, SweepRequest, SweepResults } from "#schemas/sweep.ts";
import { oneOf, pageQuery, SweepId, strict } from "#schemas/values.ts";
import type { Writer } from "#storage/store.ts";

const tags = ["sweeps"];
const params = Type.Object({ id: SweepId }, strict);
const json = "application/json";
const csv = "text/csv";

const create = {
  operationId: "createSweep",
  tags,
  summary: "Submit a sweep: a run for every cell of a grid or a list",
  description:
    "Every cell is checked before anything is made. Cells become runs in order, as there is " +
    "room; equal seeds give equal batches in all of them.",
  headers: idempotency,
  body: ref(SweepRequest),
  response: answers(
    { accepted: { description: "The sweep.", schema: ref(Sweep), headers: locationHeader } },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "body_too_large",
      "invalid_model",
      "incompatible",
      "too_large",
      "engine_unavailable",
      "queue_full",
      "idempotency_key_malformed",
      "idempotency_key_reused",
      "idempotency_in_flight",
      "storage_full",
    ],
  ),
};

const list = {
  operationId: "listSweeps",
  tags,
  summary: "List sweeps, newest first",
  querystring: Type.Object(pageQuery("swp"), strict),
  response: answers({ ok: { description: "A page of sweeps.", schema: ref(SweepPage) } }, [
    "invalid_request",
    "cursor_invalid",
  ]),
};

/** δ unless one is asked for. */
const deltaUsual = 0.02;

const read = {
  operationId: "getSweep",
  tags,
  summary: "Read a sweep and its table of results",
  description:
    "As csv or an Arrow stream one line a cell, or with `table=groups` one for all seeds " +
    "together. Arrow columns are typed; NaN and infinities are floats there.",
  params,
  querystring: Type.Object(
    {
      delta: Type.Optional(
        Type.Number({ minimum: 0, default: deltaUsual, description: "δ of the summary." }),
      ),
      table: Type.Optional({
        ...oneOf(["cells", "groups"], "Of csv and Arrow."),
        default: "cells",
      }),
    },
    strict,
  ),
  response: answers(
    {
      ok: {
        description: "The sweep as it is now.",
        schema: ref(SweepResults),
        media: { [csv]: Type.String(), [arrowStreamType]: Bytes },
      },
    },
    ["invalid_request", "not_found", "not_acceptable"],
  ),
};

const action = (operationId: string, summary: string, description: string) => ({
  operationId,
  tags,
  summary,
  description,
  params,
  response: answers({ accepted: { description: "The sweep.", schema: ref(Sweep) } }, [
    "not_found",
    "conflict",
  ]),
});

const commands = { pause: pauseSweep, resume: resumeSweep, cancel: cancelSweep } as const;

const actions = {
  pause: action(
    "pauseSweep",
    "Pause a sweep",
    "No further cell becomes a run, and runs that have not ended pause with a checkpoint.",
  ),
  resume: action("resumeSweep", "Resume a paused sweep", "Its paused runs wait in the queue."),
  cancel: action(
    "cancelSweep",
    "Cancel a sweep",
    "No further cell becomes a run, and runs that have not ended are cancelled.",
  ),
} as const;

const remove = {
  operationId: "deleteSweep",
  tags,
  summary: "Delete a sweep that has ended, with its runs",
  params,
  response: answers({ no_content: { description: "It is gone." } }, ["not_found", "in_use"]),
};

const runCheck = Compile(RunRequest);
const runSchema = plainSchema(RunRequest);

function runFaults(request: unknown) {
  if (runCheck.Check(request)) return [];
  const found = explain(runSchema, request, resolveNamed);
  return found.length > 0 ? found : [{ pointer: "", detail: "is no run request" }];
}

const accepted = (sweep: Sweep): Produced => ({
  success: "accepted",
  location: `/v1/sweeps/${sweep.id}`,
  body: sweep,
});

export function sweepRoutes(app: App, edge: Edge): void {
  app.post("/v1/sweeps", { schema: create }, (request, reply) => {
    const backing = edge.of(request);
    const context = { ...backing.runs, catalog: backing.catalog, check: runFaults };
    return answerOnce({ backing, request, reply }, async (keep) => {
      const alongside = (writer: Writer, sweep: Sweep) => keep(writer, accepted(sweep));
      return accepted(await submitSweep(context, request.body, { alongside }));
    });
  });
  app.get("/v1/sweeps", { schema: list }, async (request) => {
    const asked = pageRequest(request.query, "swp");
    return edge.of(request).store.read(async (reader) => {
      const { rows, more } = await reader.sweeps(asked);
      const shown: Sweep[] = [];
      for (const row of rows) shown.push(shownSweep(row, await reader.countCells(row.id)));
      return pageAnswer({ rows: shown, more }, (sweep) => sweep);
    });
  });
  app.get("/v1/sweeps/:id", { schema: read }, async (request, reply) => {
    const type = negotiate(request.headers.accept, [json, csv, arrowStreamType]);
    const { delta = deltaUsual, table } = request.query;
    const { id } = request.params;
    const results = await edge.of(request).store.read((reader) => sweepResults(reader, id, delta));
    void reply.header("vary", "accept");
    if (type === json) return results;
    if (type === arrowStreamType) {
      const { columns, rows } = table === "groups" ? groupsArrow(results) : cellsArrow(results);
      return reply.type(type).send(Readable.from(arrowStream(columns, rows)));
    }
    void reply.type(`${csv}; charset=utf-8; header=present`);
    return reply.send(table === "groups" ? groupsCsv(results) : cellsCsv(results));
  });
  for (const name of ["pause", "resume", "cancel"] as const) {
    app.post(`/v1/sweeps/:id/${name}`, { schema: actions[name] }, async (request, reply) => {
      void reply.code(statuses.accepted);
      return commands[name](edge.of(request).runs, request.params.id);
    });
  }
  app.delete("/v1/sweeps/:id", { schema: remove }, async (request, reply) => {
    await deleteSweep(edge.of(request).runs, request.params.id);
    return reply.code(statuses.no_content).send();
  });
}
