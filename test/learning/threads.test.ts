/** Threads that a run is given, by the size of its steps. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { networkFrom } from "#engine/layers/definition.ts";
import { usefulThreads } from "#learning/threads.ts";
import { smallExamples, smallNetwork } from "./training.ts";

it("gives small steps one thread, large ones all, and never more than there are", () => {
  const examples = smallExamples();
  const wide = networkFrom({
    input: { shape: [784] },
    layers: [
      { type: "dense", units: 512, activation: "relu" },
      { type: "dense", units: 10 },
    ],
  });
  const small = { network: smallNetwork(), examples };
  const large = { network: wide, examples };
  assert.equal(usefulThreads(small, { batch_size: 64 }, 8), 1);
  assert.equal(usefulThreads(small, { batch_size: "full" }, 8), 1);
  assert.equal(usefulThreads(large, { batch_size: 256 }, 8), 8);
  assert.equal(usefulThreads(large, { batch_size: 256 }, 2), 2);
  assert.ok(usefulThreads(large, { batch_size: 8 }, 8) < 8);
});
