/** Runs: submitted, listed, read, steered, deleted. Actions on live ones: run-actions.ts. */
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import { etagOf, queued, runOr404, versionOf } from "#api/http/entity.ts";
import {
  etagHeader,
  idempotency,
  ifMatch,
  ifNoneMatch,
  locationHeader,
  namesEtag,
} from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { answerOnce } from "#api/http/once.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { RunPage, ref } from "#api/http/schemas.ts";
import { deleteRun, steerRun, submitRun } from "#runs/commands.ts";
import { Run, RunRequest, RunStatus, Steering } from "#schemas/run.ts";
import { DatasetId, ModelId, pageQuery, RunId, SweepId, strict } from "#schemas/values.ts";
import type { Writer } from "#storage/store.ts";

const tags = ["runs"];
const params = Type.Object({ id: RunId }, strict);
const entity = (description: string) => ({ description, schema: ref(Run), headers: etagHeader });

const create = {
  operationId: "createRun",
  tags,
  summary: "Submit a run",
  description: "The run waits in the queue until a trainer is free; follow it by its stream.",
  headers: idempotency,
  body: ref(RunRequest),
  response: answers(
    {
      accepted: {
        description: "The run, queued.",
        schema: ref(Run),
        headers: { ...locationHeader, ...etagHeader },
      },
    },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "body_too_large",
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
  operationId: "listRuns",
  tags,
  summary: "List runs, newest first",
  querystring: Type.Object(
    {
      ...pageQuery("run"),
      status: Type.Optional(Type.Array(RunStatus, { maxItems: 9, description: "Any of these." })),
      model: Type.Optional(ModelId),
      dataset: Type.Optional(DatasetId),
      sweep: Type.Optional(SweepId),
    },
    strict,
  ),
  response: answers({ ok: { description: "A page of runs.", schema: ref(RunPage) } }, [
    "invalid_request",
    "cursor_invalid",
  ]),
};

const read = {
  operationId: "getRun",
  tags,
  summary: "Read a run",
  params,
  headers: ifNoneMatch,
  response: answers({ ok: entity("The run."), not_modified: { description: "It is as it was." } }, [
    "not_found",
  ]),
};

const steer = {
  operationId: "steerRun",
  tags,
  summary: "Change a live run",
  description:
    "Each change takes effect at a step that the trainer states in a `steered` event; name and " +
    "metadata change at once.",
  params,
  headers: ifMatch,
  body: ref(Steering),
  response: answers({ accepted: entity("The run.") }, [
    "invalid_request",
    "malformed_body",
    "unsupported_media_type",
    "not_found",
    "conflict",
    "incompatible",
    "precondition_failed",
  ]),
};

const remove = {
  operationId: "deleteRun",
  tags,
  summary: "Delete a run that has ended, with its log and artifacts",
  params,
  response: answers({ no_content: { description: "It is gone." } }, ["not_found", "in_use"]),
};

export function runRoutes(app: App, edge: Edge): void {
  app.post("/v1/runs", { schema: create }, (request, reply) => {
    const backing = edge.of(request);
    return answerOnce({ backing, request, reply }, async (keep) => {
      const alongside = (writer: Writer, run: Run) => keep(writer, queued(run));
      return queued(await submitRun(backing.runs, request.body, { alongside }));
    });
  });
  app.get("/v1/runs", { schema: list }, async (request) => {
    const { query } = request;
    const filter = {
      ...pageRequest(query, "run"),
      ...(query.status === undefined ? {} : { statuses: query.status }),
      ...(query.model === undefined ? {} : { model: query.model }),
      ...(query.dataset === undefined ? {} : { dataset: query.dataset }),
      ...(query.sweep === undefined ? {} : { sweep: query.sweep }),
    };
    const page = await edge.of(request).store.read((reader) => reader.runs(filter));
    return pageAnswer(page, (record) => record.run);
  });
  app.get("/v1/runs/:id", { schema: read }, async (request, reply) => {
    const run = await runOr404(edge.of(request).store, request.params.id);
    const etag = etagOf(run);
    void reply.header("etag", etag);
    if (namesEtag(request.headers["if-none-match"], etag)) {
      return reply.code(statuses.not_modified).send();
    }
    return run;
  });
  app.patch("/v1/runs/:id", { schema: steer }, async (request, reply) => {
    const ifVersion = versionOf(request.headers["if-match"]);
    const run = await steerRun(edge.of(request).runs, request.params.id, {
      changes: request.body,
      ...(ifVersion === null ? {} : { ifVersion }),
    });
    void reply.code(statuses.accepted).header("etag", etagOf(run));
    return run;
  });
  app.delete("/v1/runs/:id", { schema: remove }, async (request, reply) => {
    await deleteRun(edge.of(request).runs, request.params.id);
    return reply.code(statuses.no_content).send();
  });
}
