/** Steps of whole networks stay on the GPU: no operator runs on the processor in between. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { placementFrom, takePlacements } from "#engine/backends/onnxruntime/placement.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { whyNot } from "#test/contracts/backend.ts";
import { useSoftwareVulkan } from "#test/software-vulkan.ts";
import { build, convolutional, perceptron } from "../../bench/programs.ts";

useSoftwareVulkan();

const steps = 3;

describe("a profile", () => {
  it("tells providers and operators of nodes apart from everything else", () => {
    const profile = JSON.stringify([
      { cat: "Session", args: {} },
      { cat: "Node", args: { op_name: "Gemm", provider: "A" } },
      { cat: "Node", args: { op_name: "Add", provider: "A" } },
      { cat: "Node", args: { op_name: "Gemm", provider: "A" } },
      { cat: "Node", args: { op_name: "Gemm" } },
    ]);
    assert.deepEqual(placementFrom(profile), [
      { provider: "A", operator: "Gemm", times: 2 },
      { provider: "A", operator: "Add", times: 1 },
    ]);
  });
});

/** What ran on the processor that is not the loop itself and the flag by which it goes on. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  webgpu: [],
  cuda: ["Identity"],
};

for (const device of ["webgpu", "cuda"] as const) {
  const skip = (await whyNot(() => onnxruntimeBackend({ device }))) ?? false;
  describe(`ONNX Runtime on ${device}`, { skip }, () => {
    for (const [name, net] of Object.entries({ perceptron, convolutional })) {
      for (const linear of [false, true]) {
        it(`keeps ${linear ? "linearised" : "ordinary"} steps of a ${name} there`, async () => {
          const folder = await mkdtemp(join(tmpdir(), "linnet-placement-"));
          try {
            const profile = join(folder, "profile");
            const built = build(name, net, { batch: 2, linear });
            {
              await using profiled = await onnxruntimeBackend({ device, profile });
              // Of the probe.
              await takePlacements(profile);
              await using loop = await profiled.compileLoop(built.program, "float32");
              loop.write(built.start);
              const { loss } = await loop.run(steps, built.schedule(steps));
              assert.ok(loss?.data.every(Number.isFinite));
            }
            const placed = await takePlacements(profile);
            const there = placed.filter(({ provider }) => provider !== "CPUExecutionProvider");
            const total = there.reduce((sum, { times }) => sum + times, 0);
            assert.ok(total >= 10 * steps, `only ${total} operators were seen on the device`);
            const strays = placed
              .filter(({ provider }) => provider === "CPUExecutionProvider")
              .map(({ operator }) => operator)
              .filter((operator) => allowed[device]?.includes(operator) !== true);
            assert.deepEqual(strays, []);
          } finally {
            await rm(folder, { recursive: true });
          }
        });
      }
    }
  });
}
