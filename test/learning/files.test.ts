/** Errands about files of networks: reading one from strangers, writing one with weights. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { runFile } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { encodeModel, type ValueInfo } from "#engine/onnx/model.ts";
import { tensor } from "#engine/tensor.ts";
import { exportFile } from "#learning/export.ts";
import { differenceOf } from "#learning/file-check.ts";
import { inspect } from "#learning/inspect.ts";
import type { ImportOptions } from "#schemas/model.ts";
import { Failure } from "#src/failure.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { Build, numbers } from "#test/engine/onnx-build.ts";
import { byReference } from "#test/engine/onnx-run.ts";

async function opened(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "linnet-files-"));
  t.after(() => rm(dir, { recursive: true }));
  return { dir, artifacts: await openArtifactFolder(join(dir, "artifacts")) };
}

async function inspected(
  t: TestContext,
  bytes: Uint8Array,
  { options = {}, run = runFile }: { options?: ImportOptions; run?: typeof runFile } = {},
) {
  const { artifacts } = await opened(t);
  const { digest } = await artifacts.put(bytes, { bytesMax: 2 ** 24 });
  const model = { kind: "onnx", digest, options } as const;
  const ports = { artifacts, backend: referenceBackend(), runFile: run };
  const limits = { artifactsDir: "", memoryBytesMax: 2 ** 30, threads: 1 };
  return (await inspect(ports, { kind: "inspect", model, ...limits })).inspection;
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure && error.code === "invalid_model", String(error));
  assert.match(error.message, pattern);
  return true;
};

function layer(build: Build, x = "x"): string {
  return build.node("Relu", [build.node("MatMul", [x, build.weight("w", [3, 2])])]);
}

/** A file whose input is of another element type. */
function typed(type: ValueInfo["type"]): Uint8Array {
  const build = new Build();
  const x = build.node("Cast", ["x"], { attributes: { to: 1 } });
  const y = layer(build, x);
  const inputs = [{ name: "x", type, shape: ["N", 3] }] as const;
  const graph = build.graph(inputs, [{ name: y, type: "float32", shape: ["N", 2] }]);
  return encodeModel({ graph, operatorSet: 17 }).toBytes();
}

describe("reading a file from strangers", () => {
  it("compares any kind of input and size of batch with ONNX Runtime", async (t) => {
    const build = new Build();
    const plain = build.model({ x: ["N", 3] }, [layer(build)]);
    const fixed = new Build();
    const ofFour = fixed.model({ x: [4, 3] }, [layer(fixed)]);
    for (const bytes of [plain, ofFour, typed("float64"), typed("int64"), typed("int32")]) {
      const found = await inspected(t, bytes);
      assert.ok(found.import.max_difference < 1e-6, String(found.import.max_difference));
      assert.deepEqual([found.parameters, found.outputs[0]?.shape], [6, [2]]);
    }
  });

  it("compares examples with channels last with a file that has them first", async (t) => {
    const build = new Build();
    const y = build.node("Flatten", [build.node("Conv", ["x", build.weight("k", [2, 3, 2, 2])])]);
    const bytes = build.model({ x: ["N", 3, 4, 5] }, [y]);
    const found = await inspected(t, bytes, { options: { input_layout: "channels_last" } });
    assert.deepEqual(found.inputs[0]?.shape, [4, 5, 3]);
    assert.ok(found.import.max_difference < 1e-6);
  });

  it("refuses what means something else to ONNX Runtime, or does not run", async (t) => {
    const build = new Build();
    const bytes = build.model({ x: ["N", 3] }, [layer(build)]);
    const other: typeof runFile = async (asked) =>
      (await runFile(asked)).map((value) => ({ ...value, data: value.data.map((v) => v * 1.01) }));
    await assert.rejects(
      inspected(t, bytes, { run: other }),
      refused(/differ .* by 9\.9e-3|differ/),
    );
    const failing: typeof runFile = async () => {
      throw new Error("no kernel for /usr/lib/secret/place.so");
    };
    await assert.rejects(inspected(t, bytes, { run: failing }), (error) => {
      assert.ok(!String(error).includes("secret"), String(error));
      return refused(/ONNX Runtime does not run the file: no kernel/)(error);
    });
  });

  it("measures differences as a share of the largest output", () => {
    const of = (...values: number[]) => [tensor("float64", [values.length], values)];
    assert.equal(differenceOf(of(1, 2, -8), of(1, 2, -8)), 0);
    assert.equal(differenceOf(of(1, 3, -8), of(1, 2, -8)), 1 / 8);
    assert.equal(differenceOf(of(Number.NaN, 1), of(Number.NaN, 1)), 0);
    assert.equal(differenceOf(of(Number.NaN), of(1)), Number.POSITIVE_INFINITY);
    assert.equal(differenceOf(of(1), of(1, 2)), Number.POSITIVE_INFINITY);
  });
});

/** Files of a ustar archive. */
function unpacked(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (at: number, length: number) =>
    Buffer.from(archive.subarray(at, at + length))
      .toString("latin1")
      .split("\0")[0] ?? "";
  for (let at = 0; text(at, 100) !== ""; ) {
    const bytes = Number.parseInt(text(at + 124, 12), 8);
    assert.equal(text(at + 257, 5), "ustar");
    files.set(text(at, 100), archive.subarray(at + 512, at + 512 + bytes));
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
  return files;
}

describe("writing a file", () => {
  it("puts weights that are too large beside the model, in one archive", async (t) => {
    const { dir, artifacts } = await opened(t);
    const definition = {
      input: { shape: [40] },
      layers: [{ type: "dense" as const, units: 50, activation: "tanh" as const }],
    };
    const network = networkFrom(definition);
    const model = { kind: "definition", definition } as const;
    const asked = { weights: { seed: 4 }, function: "network", graph: "clean" } as const;
    const errand = { kind: "export", model, artifactsDir: dir, ...asked } as const;
    const stored = await exportFile({ network, artifacts, inlineBytesMax: 0 }, errand);
    assert.equal(stored.format, "tar");
    const files = unpacked(await artifacts.get(stored.digest));
    const folder = join(dir, "unpacked");
    await mkdir(folder);
    for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
    const values = numbers("x", [2, 40]);
    const feed = { type: "float32", shape: [2, 40], values } as const;
    const run = { path: join(folder, "model.onnx"), output: "output", threads: 1 };
    const [found] = await runFile({ ...run, calls: [{ input: feed }] });
    const x = tensor("float64", [2, 40], values);
    const wanted = await byReference(network, x, network.initialise(4));
    assert.ok(found !== undefined && differenceOf([found], [wanted]) < 1e-6);
  });
});
