/** A file from another program through the whole service: in, trained, out, and in again. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { InferenceSession, Tensor as NativeTensor } from "onnxruntime-node";
import { importOnnx } from "#engine/onnx/import.ts";
import type { Tensor } from "#engine/tensor.ts";
import { tensor } from "#engine/tensor.ts";
import { writeNpz } from "#formats/npz.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { Model } from "#schemas/model.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { Prediction } from "#schemas/predict.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import { Build, numbers } from "#test/engine/onnx-build.ts";
import { openService, type Served, whole } from "./service.ts";

const [side, channels, classes] = [6, 2, 3];

/** Two convolutions, a residual sum, a pool and a matrix, as a PyTorch export looks. */
function network(): Uint8Array {
  const build = new Build();
  const pads = { attributes: { pads: [1, 1, 1, 1] } };
  const first = [
    build.weight("conv1.weight", [4, channels, 3, 3]),
    build.weight("conv1.bias", [4]),
  ];
  const a = build.node("Relu", [build.node("Conv", ["image", ...first], pads)]);
  const second = [build.weight("conv2.weight", [4, 4, 3, 3]), build.weight("conv2.bias", [4])];
  const b = build.node("Add", [a, build.node("Conv", [a, ...second], pads)]);
  const pooled = build.node("Flatten", [build.node("GlobalAveragePool", [b])]);
  const last = [build.weight("head.weight", [classes, 4]), build.weight("head.bias", [classes])];
  const logits = build.node("Gemm", [pooled, ...last], { attributes: { transB: 1 } });
  return build.model({ image: ["N", channels, side, side] }, [logits]);
}

function examples(layout: "first" | "last", count: number): Uint8Array {
  const shape = layout === "first" ? [channels, side, side] : [side, side, channels];
  const split = (name: string) => {
    const labels = Int32Array.from({ length: count }, (_, at) => at % classes);
    return [
      [
        `x_${name}`,
        tensor("float32", [count, ...shape], numbers(`data ${name}`, [count, ...shape])),
      ],
      [`y_${name}`, tensor("int32", [count], labels)],
    ] as const;
  };
  return writeNpz(new Map<string, Tensor>([...split("train"), ...split("test")]));
}

type Bytes = Uint8Array<ArrayBuffer>;
type Sent = Bytes;

interface Reached {
  readonly url: string;
}

async function send<T>({ url }: Reached, path: string, type: string, body: Sent): Promise<T> {
  const headers = { "content-type": type };
  const response = await fetch(`${url}${path}`, { method: "POST", headers, body });
  const answer = (await response.json()) as T;
  assert.equal(response.status, 201, JSON.stringify(answer));
  return answer;
}

async function file({ url }: Reached, path: string, accept = "application/onnx") {
  const response = await fetch(`${url}${path}`, { headers: { accept } });
  assert.equal(response.status, 200, path);
  return new Uint8Array(await response.arrayBuffer());
}

const octets = "application/octet-stream";

async function byRuntime(bytes: Uint8Array, x: Float32Array, shape: readonly number[]) {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const [name = ""] = session.inputNames;
  const results = await session.run({ [name]: new NativeTensor("float32", x, shape) });
  const values = Array.from(results[session.outputNames[0] ?? ""]?.data as Float32Array);
  await session.release();
  return values;
}

/** The kernel once it is no longer under way. */
async function until<T extends { readonly status: string }>(url: string): Promise<T> {
  for (let left = 1000; left > 0; left -= 1) {
    const found = (await (await fetch(url)).json()) as T;
    if (found.status !== "queued" && found.status !== "running") return found;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  return assert.fail(`${url} does not end`);
}

const flat = (rows: unknown): number[] => [rows].flat(9) as number[];

function assertNear(found: readonly number[], wanted: readonly number[], bound = 1e-5): void {
  assert.equal(found.length, wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  for (const [at, value] of found.entries()) {
    const apart = Math.abs(value - (wanted[at] ?? Number.NaN));
    assert.ok(apart <= bound * largest, `at ${at}: ${value} for ${wanted[at]}`);
  }
}

const request = (model: string, dataset: string): RunRequest => ({
  model,
  dataset,
  loss: "softmax_cross_entropy",
  algorithm: { type: "linearised", period: 5 },
  optimizer: { type: "sgd", learning_rate: 0.05 },
  batch_size: 6,
  steps: 12,
  seed: 3,
  snapshots: { every: 12, kernel: "trace", examples: 4 },
});

describe("an ONNX file through the service", () => {
  let service: Served;
  let model: Model;
  let run: Run;
  const original = network();
  before(async () => {
    service = await openService();
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
  });
  const nested = (x: Float32Array, shape: readonly number[]): unknown[] =>
    shape.length === 1
      ? [...x]
      : Array.from({ length: shape[0] ?? 0 }, (_, at) => {
          const width = x.length / (shape[0] ?? 1);
          return nested(x.subarray(at * width, (at + 1) * width), shape.slice(1));
        });
  const predicted = async (which: "network" | "linearised", inputs: unknown[]) => {
    const response = await fetch(`${service.url}/v1/runs/${run.id}/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs, function: which }),
    });
    return ((await response.json()) as Prediction).outputs;
  };
  const checkpoint = async (): Promise<string> => {
    const response = await fetch(`${service.url}/v1/runs/${run.id}/checkpoints`);
    const { data } = (await response.json()) as { data: { id: string }[] };
    return `/v1/runs/${run.id}/checkpoints/${data[0]?.id}`;
  };

  it("becomes a model whose outputs are those of ONNX Runtime", async () => {
    model = await send(service, "/v1/models?name=cnn", octets, original as Bytes);
    assert.equal(model.source, "onnx");
    assert.deepEqual(model.inputs, [
      { name: "image", shape: [channels, side, side], dtype: "real" },
    ]);
    assert.deepEqual(model.outputs[0]?.shape, [classes]);
    assert.equal(model.parameters, 4 * 18 + 4 + 4 * 36 + 4 + 15);
    assert.ok((model.import?.max_difference ?? 1) < 1e-5);
    assert.deepEqual(model.coupling, []);
    assert.deepEqual(
      Buffer.from(await file(service, `/v1/models/${model.id}/onnx`)),
      Buffer.from(original),
    );
  });

  it("trains linearised, with kernels", async () => {
    const dataset = await send<{ id: string }>(
      service,
      "/v1/datasets?format=npz",
      octets,
      examples("first", 12) as Bytes,
    );
    const begun = await service.api.createRun(request(model.id, dataset.id));
    const ended = await whole(service.api, begun.id);
    run = ended.run;
    assert.equal(run.status, "succeeded", JSON.stringify(run.error));
    const snapshot = ended.events.find(({ type }) => type === "snapshot");
    assert.ok(snapshot?.type === "snapshot");
    const values = Object.values(snapshot.data).filter((value) => typeof value === "number");
    assert.ok(values.every(Number.isFinite));
  });

  it("goes out with trained weights, and ONNX Runtime computes what predict says", async () => {
    const x = numbers("asked", [3, channels, side, side]);
    const shape = [3, channels, side, side];
    const at = await checkpoint();
    const trained = await file(service, at);
    assert.notDeepEqual(Buffer.from(trained), Buffer.from(original));
    assert.equal(trained.byteLength, original.byteLength);
    const outputs = flat(await predicted("network", nested(x, shape)));
    assertNear(await byRuntime(trained, x, shape), outputs);
    assertNear(await byRuntime(await file(service, `${at}?graph=clean`), x, shape), outputs);
    const linear = flat(await predicted("linearised", nested(x, shape)));
    const asked = `${at}?format=onnx&function=linearised`;
    assertNear(await byRuntime(await file(service, asked, "*/*"), x, shape), linear);
    assert.notDeepEqual(linear, outputs);
  });

  it("comes in again with the same weights", async () => {
    const at = await checkpoint();
    const trained = await file(service, at);
    const again = await send<Model>(service, "/v1/models", octets, trained as Bytes);
    const arrays = await file(service, at, "application/vnd.safetensors");
    const { tensors } = readSafetensors(arrays, { bytesMax: 2 ** 20 });
    for (const [name, value] of importOnnx(trained).initialise(0)) {
      assert.deepEqual([...(tensors.get(name)?.data ?? [])], [...value.data], name);
    }
    const whole = await file(service, `/v1/models/${again.id}/onnx`);
    assert.deepEqual(Buffer.from(whole), Buffer.from(trained));
    const clean = await file(service, `/v1/models/${again.id}/onnx?graph=clean`);
    const third = await send<Model>(service, "/v1/models", octets, clean as Bytes);
    assert.equal(third.parameters, model.parameters);
  });

  it("serves one-off kernels and examples with channels last", async () => {
    const query = "?input_layout=channels_last&freeze=conv1.*";
    const last = await send<Model>(service, `/v1/models${query}`, octets, original as Bytes);
    assert.deepEqual(last.inputs[0]?.shape, [side, side, channels]);
    assert.equal(last.parameters, model.parameters - 4 * 18 - 4);
    const dataset = await send<{ id: string }>(
      service,
      "/v1/datasets?format=npz",
      octets,
      examples("last", 12) as Bytes,
    );
    const begun = await service.api.createRun(request(last.id, dataset.id));
    assert.equal((await whole(service.api, begun.id)).run.status, "succeeded");
    const asked = JSON.stringify({ model: last.id, first: { dataset: dataset.id, examples: 3 } });
    const response = await fetch(`${service.url}/v1/ntk`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: asked,
    });
    assert.ok(response.ok, await response.clone().text());
    const asking = (await response.json()) as Ntk;
    assert.deepEqual(asking.shape, [3, classes, 3, classes]);
    const forked = await fetch(`${service.url}/v1/runs/${begun.id}/fork`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ steps: 20, snapshots: null }),
    });
    assert.equal(forked.status, 202, await forked.clone().text());
    const { id } = (await forked.json()) as Run;
    assert.equal((await whole(service.api, id)).run.status, "succeeded");
    const kernel = await until<Ntk>(`${service.url}/v1/ntk/${asking.id}`);
    assert.equal(kernel.status, "succeeded", JSON.stringify(kernel.error));
  });

  it("says how to mend a data set with another order of axes", async () => {
    const dataset = await send<{ id: string }>(
      service,
      "/v1/datasets?format=npz",
      octets,
      examples("last", 6) as Bytes,
    );
    await assert.rejects(service.api.createRun(request(model.id, dataset.id)), (error) => {
      assert.match(JSON.stringify(error), /input_layout=channels_last/);
      return true;
    });
  });
});
