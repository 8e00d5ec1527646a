/** What a run would cost before it starts. Stores nothing. */
import type { Edge } from "#api/backing.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answers } from "#api/http/problem.ts";
import { ref } from "#api/http/schemas.ts";
import { PlanAnswer } from "#schemas/plan.ts";
import { RunRequest } from "#schemas/run.ts";

const plan = {
  operationId: "planRun",
  tags: ["runs"],
  summary: "Plan a run without submitting it",
  description:
    "Parameters, FLOPs, memory, the solver that would be chosen, the estimates of the others, " +
    "and the largest stable rate of linear phases. Takes a moment: the kernel is looked at.",
  body: ref(RunRequest),
  response: answers({ ok: { description: "The plan.", schema: ref(PlanAnswer) } }, [
    "invalid_request",
    "malformed_body",
    "unsupported_media_type",
    "body_too_large",
    "incompatible",
    "too_large",
    "engine_unavailable",
    "queue_full",
    "out_of_memory",
    "trainer_crashed",
    "shutting_down",
  ]),
};

export function planRoutes(app: App, edge: Edge): void {
  app.post("/v1/plans", { schema: plan }, (request, reply) =>
    edge.of(request).plan(request.body, signalOf(reply)),
  );
}
