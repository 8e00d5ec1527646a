/** What is asked of a run that exists: pause, resume, cancel, fork, predict. */
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import { etagOf, queued } from "#api/http/entity.ts";
import { etagHeader, idempotency, locationHeader } from "#api/http/headers.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answerOnce } from "#api/http/once.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { ref } from "#api/http/schemas.ts";
import { cancelRun, pauseRun, resumeRun } from "#runs/commands.ts";
import { forkRun } from "#runs/fork.ts";
import { Prediction, PredictRequest } from "#schemas/predict.ts";
import { ForkRequest, Run } from "#schemas/run.ts";
import { RunId, strict } from "#schemas/values.ts";
import type { Writer } from "#storage/store.ts";

const commands = { pause: pauseRun, resume: resumeRun, cancel: cancelRun } as const;
const tags = ["runs"];
const params = Type.Object({ id: RunId }, strict);

const action = (operationId: string, summary: string, description: string) => ({
  operationId,
  tags,
  summary,
  description,
  params,
  response: answers(
    { accepted: { description: "The run.", schema: ref(Run), headers: etagHeader } },
    ["not_found", "conflict"],
  ),
});

const actions = {
  pause: action(
    "pauseRun",
    "Pause a run",
    "The trainer saves a checkpoint and ends; `resume` goes on from it. Asking twice is the same.",
  ),
  resume: action("resumeRun", "Resume a paused run", "It waits in the queue for a free trainer."),
  cancel: action(
    "cancelRun",
    "Cancel a run",
    "The trainer saves a checkpoint and ends for good. Asking twice is the same.",
  ),
} as const;

const fork = {
  operationId: "forkRun",
  tags,
  summary: "Start a new run from a checkpoint of this one",
  params,
  headers: idempotency,
  body: ref(ForkRequest),
  response: answers(
    {
      accepted: {
        description: "The new run, queued.",
        schema: ref(Run),
        headers: { ...locationHeader, ...etagHeader },
      },
    },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "not_found",
      "no_checkpoint",
      "incompatible",
      "queue_full",
      "idempotency_key_malformed",
      "idempotency_key_reused",
      "idempotency_in_flight",
    ],
  ),
};

const predict = {
  operationId: "predict",
  tags,
  summary: "Outputs for given inputs",
  description: "From the latest checkpoint unless one is named.",
  params,
  body: ref(PredictRequest),
  response: answers({ ok: { description: "The outputs.", schema: ref(Prediction) } }, [
    "invalid_request",
    "malformed_body",
    "unsupported_media_type",
    "body_too_large",
    "not_found",
    "no_checkpoint",
    "incompatible",
    "too_large",
    "trainer_crashed",
    "out_of_memory",
  ]),
};

export function runActionRoutes(app: App, edge: Edge): void {
  for (const name of ["pause", "resume", "cancel"] as const) {
    app.post(`/v1/runs/:id/${name}`, { schema: actions[name] }, async (request, reply) => {
      const run = await commands[name](edge.of(request).runs, request.params.id);
      void reply.code(statuses.accepted).header("etag", etagOf(run));
      return run;
    });
  }
  app.post(
    "/v1/runs/:id/fork",
    {
      schema: fork,
      // A fork that changes nothing needs no body.
      preValidation: async (request) => {
        // No body is none of its fields; JSON null is a body, and no object.
        if (request.body === undefined) request.body = {};
      },
    },
    (request, reply) => {
      const backing = edge.of(request);
      const { id } = request.params;
      return answerOnce({ backing, request, reply }, async (keep) => {
        const alongside = (writer: Writer, run: Run) => keep(writer, queued(run));
        return queued(await forkRun(backing.runs, id, { request: request.body, alongside }));
      });
    },
  );
  app.post("/v1/runs/:id/predict", { schema: predict }, (request, reply) =>
    edge.of(request).predict(request.params.id, request.body, signalOf(reply)),
  );
}
