/** What a plan says of its arithmetic reaches the log where products are less exact than asked. */
import assert from "node:assert/strict";
import test from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { placedOn, warningOf } from "#learning/place.ts";
import type { Plan } from "#schemas/run.ts";
import { eventsOf, trained } from "./training.ts";

const plan: Plan = {
  solver: "standard",
  reason: "",
  engine: "reference",
  device: "cpu",
  flops: 1,
  memory_bytes: 1,
  primals: null,
  alternatives: [],
};

test("a plan names what computes and in what", async () => {
  const placed = await placedOn(plan, referenceBackend(), "float32");
  assert.equal(placed.provider, "TypeScript");
  assert.equal(placed.precision, "float32");
  assert.equal(warningOf(placed), null);
  const warned = warningOf({ ...placed, precision: "float32_tf32" });
  assert.match(warned ?? "", /TypeScript rounds factors .*10 bits/);
});

test("a run on a device that rounds factors says so in its log, once", async () => {
  const inner = referenceBackend();
  // Loses every bit after the tenth of what is measured; loops are left as they are.
  const backend = {
    ...inner,
    engine: "rounding",
    device: "cuda",
    compile: async (...given: Parameters<typeof inner.compile>) => {
      const callable = await inner.compile(...given);
      if (given[0].name !== "arithmetic") return callable;
      const call: typeof callable.call = async (inputs) => {
        const results = await callable.call(inputs);
        for (const { data } of Object.values(results)) {
          for (const [at, value] of data.entries()) data[at] = Math.trunc(value * 1024) / 1024;
        }
        return results;
      };
      return { call, [Symbol.asyncDispose]: () => callable[Symbol.asyncDispose]() };
    },
  };
  const { events, outcome } = await trained({ steps: 2 }, { backend });
  assert.equal(outcome.type, "succeeded");
  const said = eventsOf(events, "log").filter(({ message }) => message.includes("rounds"));
  assert.equal(said.length, 1);
  assert.equal(said[0]?.level, "warn");
});
