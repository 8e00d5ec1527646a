/** Where runs are placed on a worker: one trainer a GPU, or several small ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Need, Places, type PlacesOptions, processorDevices } from "#runs/places.ts";

const gibibyte = 2 ** 30;

const placesOf = (changes: Partial<PlacesOptions> = {}): Places =>
  new Places({
    trainersMax: 16,
    memoryBytesMax: 64 * gibibyte,
    processor: ["cpu"],
    gpus: [16 * gibibyte, 16 * gibibyte],
    trainersPerGpu: 4,
    ...changes,
  });

const small = (device: Need["device"] = "auto"): Need => ({ device, bytes: 4 * gibibyte });
const large = (device: Need["device"] = "auto"): Need => ({ device, bytes: 5 * gibibyte });

test("each GPU has a trainer before one has two", () => {
  const places = placesOf();
  const given = ["a", "b", "c"].map((run) => places.take(run, small()));
  assert.deepEqual(given, [0, 1, 0]);
  places.release("b");
  assert.equal(places.take("d", small("cuda")), 1);
});

test("a GPU is one large run's, or so many small ones' as the setting says", () => {
  const places = placesOf({ gpus: [16 * gibibyte] });
  places.take("large", large());
  assert.equal(places.takes(small()), false);
  assert.equal(places.takes(small("cpu")), true);
  places.release("large");
  for (const run of ["a", "b", "c", "d"]) {
    assert.equal(places.takes(small()), true);
    places.take(run, small());
    assert.equal(places.takes(large()), false);
  }
  assert.equal(places.takes(small()), false);
});

test("a run that names its GPU gets no other", () => {
  const places = placesOf();
  assert.equal(places.take("a", large("cuda:1")), 1);
  assert.equal(places.takes(large("cuda:1")), false);
  assert.equal(places.takes(large("cuda:7")), false);
  assert.equal(places.take("b", large()), 0);
  assert.equal(places.takes(large()), false);
});

test("a GPU whose memory is not known is one trainer's", () => {
  const places = placesOf({ gpus: [null] });
  places.take("a", { device: "auto", bytes: 1 });
  assert.equal(places.takes({ device: "auto", bytes: 1 }), false);
});

test("a trainer that took the processor leaves its GPU to another", () => {
  const places = placesOf({ gpus: [16 * gibibyte] });
  places.take("a", large());
  places.moveToProcessor("a");
  assert.equal(places.take("b", large()), 0);
  assert.deepEqual(places.onGpus, [new Set(["b"])]);
});

test("nobody joins a GPU that is kept for a large run, which then gets it", () => {
  const places = placesOf({ gpus: [16 * gibibyte] });
  places.take("a", small());
  places.reserveFor(large());
  assert.equal(places.takes(small()), false);
  places.release("a");
  assert.equal(places.takes(large()), true);
  places.take("b", small());
  places.reserveFor(null);
  assert.equal(places.takes(small()), true);
});

test("alone, a service takes every device somewhere, and a worker of many only its own", () => {
  const everything = ["auto", "cpu", "webgpu", "cuda", "cuda:0", "cuda:7"] as const;
  for (const gpus of [[], [null], [gibibyte, gibibyte]]) {
    const alone = placesOf({ gpus, processor: processorDevices(gpus.length, true) });
    for (const device of everything) assert.ok(alone.takes({ device, bytes: 1 }), device);
  }
  const worker = placesOf({ gpus: [], processor: processorDevices(0, false) });
  const taken = everything.filter((device) => worker.takes({ device, bytes: 1 }));
  assert.deepEqual(taken, ["auto", "cpu"]);
});

const needs = fc.array(
  fc.record({
    device: fc.constantFrom<Need["device"]>("auto", "cpu", "cuda", "cuda:0", "cuda:1"),
    bytes: fc.integer({ min: 1, max: 20 }),
    leaves: fc.boolean(),
  }),
  { maxLength: 40 },
);

test("whatever comes and goes, no device is given more than it has", () => {
  const bytes = 16;
  fc.assert(
    fc.property(needs, fc.integer({ min: 1, max: 6 }), (runs, trainersPerGpu) => {
      const trainersMax = 7;
      const options = { trainersMax, trainersPerGpu, memoryBytesMax: 20, gpus: [bytes, bytes] };
      const places = placesOf(options);
      const held = new Map<string, Need & { readonly gpu: number }>();
      for (const [at, { leaves, ...need }] of runs.entries()) {
        const [oldest] = held.keys();
        if (leaves && oldest !== undefined) {
          places.release(oldest);
          held.delete(oldest);
        }
        if (!places.takes(need)) continue;
        held.set(String(at), { ...need, gpu: places.take(String(at), need) });
        assert.ok(held.size <= trainersMax);
        for (const gpu of [0, 1]) {
          const there = [...held.values()].filter((of) => of.device !== "cpu" && of.gpu === gpu);
          assert.ok(there.length <= trainersPerGpu);
          assert.ok(there.reduce((sum, of) => sum + of.bytes, 0) <= bytes);
        }
      }
    }),
  );
});
