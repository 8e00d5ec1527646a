/** Steps of whole networks stay on the GPU: no operator runs on the processor in between. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type Placed,
  placementFrom,
  takePlacements,
} from "#engine/backends/onnxruntime/placement.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { input, relu } from "#engine/graph/build.ts";
import { tensor } from "#engine/tensor.ts";
import { whyNot } from "#test/contracts/backend.ts";
import { useSoftwareVulkan } from "#test/software-vulkan.ts";
import { netOf } from "../../bench/gpu/nets.ts";
import { networkOf } from "../../bench/peers/models.ts";
import { type Built, build, convolutional, perceptron } from "../../bench/programs.ts";

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

  it("that is cut off, or is not there, is told of and not taken for an empty one", async () => {
    assert.throws(() => placementFrom('[{"cat": "Node", "ar'), /20 characters .* not whole/);
    await inFolder(async (folder) => {
      await assert.rejects(takePlacements(join(folder, "profile")), /has no profile/);
      await writeFile(join(folder, "profile-1.json"), '[{"cat": "Nod');
      const read = takePlacements(join(folder, "profile"));
      await assert.rejects(read, /profile-1\.json, with \d+ bytes free: .* not whole/);
    });
  });

  it("is each session's own, however many are opened at once", async () => {
    await inFolder(async (folder) => {
      const profile = join(folder, "profile");
      const x = input("x", [2]);
      const procedure = { name: "p", constants: [], inputs: [x], outputs: { y: relu(x) } };
      {
        await using profiled = await onnxruntimeBackend({ device: "cpu", threads: 1, profile });
        await takePlacements(profile);
        const opened = Array.from({ length: 20 }, () => profiled.compile(procedure, "float32"));
        for (const callable of await Promise.all(opened)) {
          await callable.call({ x: tensor("float32", [2], [1, -1]) });
          await callable[Symbol.asyncDispose]();
        }
      }
      const [placed = assert.fail("no operator was seen")] = await takePlacements(profile);
      assert.deepEqual(placed, { provider: "CPUExecutionProvider", operator: "Relu", times: 20 });
    });
  });
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "linnet-placement-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What ran on the processor that is not the loop itself and the flag by which it goes on. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  webgpu: [],
  cuda: ["Identity"],
};

const nets = {
  perceptron,
  "convolutional network": convolutional,
  "vision transformer": netOf(networkOf("vit_tiny")),
};

/** Where the operators of some steps ran, which must have gone well. */
async function placedIn(device: "webgpu" | "cuda", built: Built): Promise<readonly Placed[]> {
  let placed: readonly Placed[] = [];
  await inFolder(async (folder) => {
    const profile = join(folder, "profile");
    {
      await using profiled = await onnxruntimeBackend({ device, profile });
      // Of the probe.
      await takePlacements(profile);
      await using loop = await profiled.compileLoop(built.program, "float32");
      loop.write(built.start);
      const { loss } = await loop.run(steps, built.schedule(steps));
      assert.ok(loss?.data.every(Number.isFinite), `the losses are ${loss?.data.join(", ")}`);
    }
    placed = await takePlacements(profile);
  });
  return placed;
}

const shown = (some: readonly Placed[]): string =>
  some.map(({ provider, operator, times }) => `${provider} ${operator} ×${times}`).join(", ");

for (const device of ["webgpu", "cuda"] as const) {
  const skip = (await whyNot(() => onnxruntimeBackend({ device }))) ?? false;
  describe(`ONNX Runtime on ${device}`, { skip }, () => {
    for (const [name, net] of Object.entries(nets)) {
      for (const linear of [false, true]) {
        it(`keeps ${linear ? "linearised" : "ordinary"} steps of a ${name} there`, async () => {
          const placed = await placedIn(device, build(name, net, { batch: 2, linear }));
          const there = placed.filter(({ provider }) => provider !== "CPUExecutionProvider");
          const total = there.reduce((sum, { times }) => sum + times, 0);
          assert.ok(total >= 10 * steps, `${total} operators were seen there: ${shown(placed)}`);
          const strays = placed.filter(
            ({ provider, operator }) =>
              provider === "CPUExecutionProvider" && allowed[device]?.includes(operator) !== true,
          );
          assert.equal(shown(strays), "");
        });
      }
    }
  });
}
