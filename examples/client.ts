/**
 * The typed client: stores a model and a data set, starts a run, follows its log to the end.
 * `node examples/client.ts [URL]`, with a service at the URL (http://127.0.0.1:8080 unless given).
 */
import { createClient } from "#client/client.ts";
import { followRun } from "#client/follow.ts";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const client = createClient({ baseUrl });

/** The answer, or an error that says what the service said. */
function answered<T>({ data, error }: { readonly data?: T; readonly error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error, null, 2));
  return data;
}

const model = answered(
  await client.POST("/v1/models", {
    body: {
      name: "20-64-4",
      definition: {
        input: { shape: [20] },
        layers: [
          { type: "dense", units: 64, activation: "relu" },
          { type: "dense", units: 4 },
        ],
      },
    },
  }),
);
const dataset = answered(
  await client.POST("/v1/datasets", { body: { generator: { type: "wedge" } } }),
);
const run = answered(
  await client.POST("/v1/runs", {
    body: {
      model: model.id,
      dataset: dataset.id,
      name: "from the typed client",
      algorithm: { type: "linearised", period: 64 },
      optimizer: { type: "sgd", learning_rate: 0.1 },
      steps: 1000,
      snapshots: { every: 250 },
    },
  }),
);
console.log(`${run.id}: ${model.parameters} parameters, ${run.steps} steps`);

for await (const event of followRun({ baseUrl, run: run.id })) {
  if (event.type === "evaluation") {
    const { step, linearised, network } = event.data;
    console.log(step, "test accuracy", linearised.test.accuracy, network.test.accuracy);
  } else if (event.type === "snapshot") {
    console.log(event.data.step, "kernel distance to the first", event.data.distance_to_first);
  } else if (event.type === "status") {
    console.log(event.data.status);
  }
}
