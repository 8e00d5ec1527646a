/** A residual convolutional network on rendered shapes, trained in every mode with snapshots. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { Algorithm } from "#schemas/algorithm.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Definition } from "#schemas/model.ts";
import type { Run } from "#schemas/run.ts";
import { fromFigure } from "#schemas/values.ts";
import { openService, type Served, whole } from "./service.ts";

const steps = 60;
const example = new URL("../../examples/residual-cnn.json", import.meta.url);

let served: Served;
let model = "";
let dataset = "";

before(async () => {
  served = await openService({ trainersMax: 2, threadsPerTrainer: 1 });
  const { model: definition } = JSON.parse(await readFile(example, "utf8")) as {
    readonly model: Definition;
  };
  model = (await served.api.createModel({ definition })).id;
  const generator = { type: "shapes", train: 256, test: 64, size: 16, classes: 4 } as const;
  dataset = (await served.api.createDataset({ generator })).id;
});

after(async () => {
  await served[Symbol.asyncDispose]();
});

async function trained(
  algorithm: Algorithm,
): Promise<{ readonly run: Run; readonly events: readonly RunEvent[] }> {
  const created = await served.api.createRun({
    model,
    dataset,
    algorithm,
    optimizer: { type: "adam", learning_rate: 0.002 },
    batch_size: 32,
    steps,
    evaluate: { every: 30 },
    snapshots: { every: 30, examples: 12, kernel: "trace", eigenvalues: 4 },
  });
  return whole(served.api, created.id);
}

const lossesOf = (events: readonly RunEvent[]): readonly number[] =>
  events.flatMap((event) =>
    event.type === "metrics" ? (event.data.columns["loss"] ?? []).map(fromFigure) : [],
  );

describe("a residual network", () => {
  it("trains in every mode with kernels on the way, and all end succeeded", async () => {
    const [standard, every, tenth] = await Promise.all([
      trained({ type: "standard" }),
      trained({ type: "linearised", period: 1 }),
      trained({ type: "linearised", period: 10 }),
    ]);
    for (const { run, events } of [standard, every, tenth]) {
      assert.equal(run.status, "succeeded", JSON.stringify(run.error));
      const losses = lossesOf(events);
      assert.equal(losses.length, steps);
      assert.ok((losses.at(-1) ?? Infinity) < (losses[0] ?? 0), "the loss falls");
      const { data: snapshots } = await served.api.snapshots(run.id, {});
      assert.deepEqual(
        snapshots.map(({ step }) => step).sort((a, b) => a - b),
        [0, 30, 60],
      );
      for (const { trace, layer_share: shares } of snapshots) {
        assert.ok(fromFigure(trace) > 0);
        const total = Object.values(shares).reduce<number>(
          (sum, share) => sum + fromFigure(share),
          0,
        );
        assert.ok(Math.abs(total - 1) < 1e-4, `the layers share ${total} of the trace`);
      }
    }
    const anchors = tenth.events.filter(({ type }) => type === "anchor");
    assert.equal(anchors.length, steps / 10);
    const [plain, linear] = [lossesOf(standard.events), lossesOf(every.events)];
    const apart = plain.map((loss, i) => Math.abs(loss - (linear[i] ?? Number.NaN)));
    assert.ok(Math.max(...apart) < 1e-3, `period 1 is ordinary training: ${Math.max(...apart)}`);
  });
});
