/** Several runs beside each other. Stores nothing. */
import { alignedEvaluations, alignedMetrics } from "#api/aligned.ts";
import type { Edge } from "#api/backing.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answers } from "#api/http/problem.ts";
import { ref } from "#api/http/schemas.ts";
import { storedRun } from "#runs/apply.ts";
import { differencesOf } from "#runs/comparison/differences.ts";
import { distancesOf } from "#runs/comparison/distances.ts";
import { Comparison, ComparisonQuery } from "#schemas/comparison.ts";
import type { RunRecord } from "#storage/store.ts";

const compare = {
  operationId: "compareRuns",
  tags: ["runs"],
  summary: "Compare runs",
  description:
    "Settings that differ, metrics and evaluations on the same steps, results, and how far the " +
    "kernels and weights of the other runs are from the first one's.",
  querystring: ComparisonQuery,
  response: answers({ ok: { description: "The comparison.", schema: ref(Comparison) } }, [
    "invalid_request",
    "not_found",
    "storage_corrupt",
    "queue_full",
    "out_of_memory",
    "trainer_crashed",
    "shutting_down",
  ]),
};

const shown = ({ run }: RunRecord): Comparison["runs"][number] => ({
  id: run.id,
  name: run.name,
  status: run.status,
  step: run.progress.step,
  steps: run.progress.steps,
  linearisations: run.progress.linearisations ?? null,
  result: run.result,
});

export function compareRoutes(app: App, edge: Edge): void {
  app.get("/v1/compare", { schema: compare }, async (request, reply): Promise<Comparison> => {
    const { store, workshop } = edge.of(request);
    const {
      runs: ids,
      names = ["loss", "accuracy"],
      points = 200,
      distances = true,
    } = request.query;
    const records = await store.read((reader) =>
      Promise.all(ids.map((id) => storedRun(reader, id))),
    );
    const aligned = records.map(({ run, metricsThrough }) => ({ id: run.id, metricsThrough }));
    const runs = records.map(({ run }) => run);
    return {
      runs: records.map(shown),
      differences: differencesOf(runs),
      metrics: await alignedMetrics(store, aligned, { names, points }),
      evaluations: await alignedEvaluations(store, aligned, points),
      ...(distances
        ? await distancesOf(runs, { store, workshop }, signalOf(reply))
        : { kernels: [], parameters: [] }),
    };
  });
}
