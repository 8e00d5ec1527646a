/** A whole run whose data set, checkpoints and result are in S3, read by another machine. */
import assert from "node:assert/strict";
import { before, it } from "node:test";
import type { Definition } from "#schemas/model.ts";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { listed } from "#test/contracts/artifacts.ts";
import { makeBucket, newAddress, newFolder, withoutS3 } from "#test/storage/s3-bucket.ts";
import { openService, whole } from "./service.ts";

before(() => (withoutS3 === false ? makeBucket() : undefined));

it("a run keeps what it stores in S3", { skip: withoutS3, timeout: 120_000 }, async (t) => {
  const artifacts = newAddress();
  // Children are told by the environment, as the service is.
  const environment = { ...process.env, LINNET_ARTIFACTS: artifacts };
  await using served = await openService({ artifacts, environment });
  const { api, url } = served;
  const ready = await fetch(`${url}/readyz`);
  assert.equal(ready.status, 200);
  const definition: Definition = {
    input: { shape: [20] },
    layers: [{ type: "dense", units: 4 }],
  };
  const generator = { type: "wedge", train: 64, test: 32, dimension: 20, seed: 1 } as const;
  const model = await api.createModel({ definition });
  const dataset = await api.createDataset({ generator });
  const { id } = await api.createRun({
    model: model.id,
    dataset: dataset.id,
    loss: "softmax_cross_entropy",
    optimizer: { type: "sgd", learning_rate: 0.05 },
    steps: 40,
    checkpoints: { every: 10, keep: 2 },
  });
  const { run, events } = await whole(api, id);
  assert.equal(run.status, "succeeded");
  const weights = events.flatMap((event) =>
    event.type === "checkpoint" ? [event.data.weights] : [],
  );
  const elsewhere = await openArtifacts(await newFolder(t), { address: artifacts });
  const there = new Set(await listed(elsewhere));
  for (const digest of [dataset.digest, ...weights.slice(-2)]) assert.ok(there.has(digest));
  await elsewhere.get(weights.at(-1) ?? "");
});
