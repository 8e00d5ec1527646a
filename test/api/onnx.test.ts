/** Files of networks from strangers at the edge: what is refused, how, and that nothing is hurt. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { encodeModel, ints } from "#engine/onnx/model.ts";
import { Writer } from "#engine/onnx/wire.ts";
import type { Model } from "#schemas/model.ts";
import type { Problem } from "#schemas/problem.ts";
import { layer, sequential, withWeights } from "#test/catalog/keras-model.ts";
import { Build } from "#test/engine/onnx-build.ts";
import { openService, type Served } from "#test/journeys/service.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Sent = Bytes | string | FormData;

type Answer = { readonly status: number; readonly body: Problem & Model };

let service: Served;
before(async () => {
  service = await openService({ memoryBytesMax: 2 * 2 ** 30, trainersMax: 1 });
});
after(async () => {
  await service[Symbol.asyncDispose]();
});

async function send(body: Sent, type?: string, query = ""): Promise<Answer> {
  const headers = type === undefined ? {} : { "content-type": type };
  const response = await fetch(`${service.url}/v1/models${query}`, {
    method: "POST",
    headers,
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const upload = (bytes: Uint8Array, query = ""): Promise<Answer> =>
  send(bytes as Bytes, "application/onnx", query);

/** Sends a file in pieces by tus; the upload's id. */
async function inPieces(bytes: Uint8Array, pieceBytes: number): Promise<string> {
  const tus = { "tus-resumable": "1.0.0" };
  const begun = await fetch(`${service.url}/v1/uploads`, {
    method: "POST",
    headers: { ...tus, "upload-length": String(bytes.length) },
  });
  const location = String(begun.headers.get("location"));
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = await fetch(service.url + location, {
      method: "PATCH",
      headers: {
        ...tus,
        "content-type": "application/offset+octet-stream",
        "upload-offset": String(at),
      },
      body: bytes.slice(at, at + pieceBytes) as Bytes,
    });
    assert.equal(piece.status, 204);
  }
  return location.split("/").at(-1) ?? "";
}

function dense(): Uint8Array {
  const build = new Build();
  const y = build.node("MatMul", ["x", build.weight("w", [3, 2])]);
  return build.model({ x: ["N", 3] }, [y]);
}

/** A weight that points at a file of the machine. */
function outside(location: string): Uint8Array {
  const weight = {
    name: "w",
    type: "float32",
    shape: [3, 2],
    content: { file: location, bytes: 24 },
  } as const;
  const build = new Build();
  const y = build.node("MatMul", ["x", "w"]);
  const graph = build.graph(
    [{ name: "x", type: "float32", shape: ["N", 3] }],
    [{ name: y, type: "float32", shape: ["N", 2] }],
  );
  return encodeModel({ graph: { ...graph, initializers: [weight] }, operatorSet: 17 }).toBytes();
}

/** Asks for a value of so many numbers. */
function huge(lengths: readonly number[]): Uint8Array {
  const build = new Build();
  const shape = build.integers(lengths);
  const big = build.node("Expand", [
    build.node("ReduceMean", ["x"], { attributes: { keepdims: 0 } }),
    shape,
  ]);
  const y = build.node("Add", [
    "x",
    build.node("ReduceSum", [big], { attributes: { keepdims: 0 } }),
  ]);
  return build.model({ x: ["N", 3] }, [y]);
}

/** Many large values of which each is needed until the end. */
function crowd(count: number, lengths: readonly number[]): Uint8Array {
  const build = new Build();
  const shape = build.integers(lengths);
  const mean = build.node("ReduceMean", ["x"], { attributes: { keepdims: 0 } });
  const values = [build.node("Expand", [build.node("Exp", [mean]), shape])];
  for (let at = 1; at < count; at += 1) values.push(build.node("Sigmoid", [values.at(-1) ?? ""]));
  const all = values.reduceRight((sum, value) => build.node("Add", [sum, value]));
  const rest = build.node("ReduceSum", [all], { attributes: { keepdims: 0 } });
  return build.model({ x: ["N", 3] }, [build.node("Add", ["x", rest])]);
}

function unknownOperators(): Uint8Array {
  const build = new Build();
  const a = build.node("Det", ["x"], { name: "first" });
  const b = build.node("Multinomial", [a], { name: "second" });
  const c = build.node("MatMul", [b, build.weight("w", [3, 3])]);
  return build.model({ x: ["N", 3] }, [build.node("Unheard", [c], { name: "third" })]);
}

function longLoop(): Uint8Array {
  const build = new Build();
  const count = build.integers([1_000_000_000], []);
  const condition = build.booleans([1], []);
  const inner = new Build();
  const next = inner.node("Add", ["state", "state"]);
  const kept = inner.node("Identity", ["go"]);
  const body = inner.graph(
    [
      { name: "at", type: "int64", shape: [] },
      { name: "go", type: "bool", shape: [] },
      { name: "state", type: "float32", shape: ["N", 3] },
    ],
    [
      { name: kept, type: "bool", shape: [] },
      { name: next, type: "float32", shape: ["N", 3] },
    ],
  );
  const attributes = { body: { type: "graph", value: body } } as const;
  return build.model({ x: ["N", 3] }, [
    build.node("Loop", [count, condition, "x"], { attributes }),
  ]);
}

/** A tensor that claims more than it has. */
function lying(): Uint8Array {
  const tensor = new Writer()
    .integers(1, [2 ** 30, 2 ** 20])
    .integer(2, 1)
    .string(8, "w")
    .bytes(9, new Uint8Array(4));
  const graph = new Writer().string(2, "g").message(5, tensor);
  return new Writer().integer(1, 8).message(7, graph).toBytes();
}

describe("files of networks from strangers", () => {
  const good = dense();
  const hostile: Readonly<Record<string, Uint8Array>> = {
    "no bytes": new Uint8Array(0),
    "a text": Buffer.from("this is not a model"),
    "a zip": Buffer.from("504b0304140000000000", "hex"),
    noise: Uint8Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256),
    "half a file": good.subarray(0, good.length - 9),
    "a file cut in its header": good.subarray(0, 3),
    "weights at a path": outside("/etc/passwd"),
    "weights beside the file": outside("../../linnet.sqlite"),
    "a value of 10¹² numbers": huge([1_000_000, 1_000_000]),
    "a value that is too large for the memory": huge([40_000, 50_000]),
    "many values that fill the memory": crowd(24, [10_000, 10_000]),
    "a claim without bytes": lying(),
    "a loop of 10⁹ turns": longLoop(),
    "operators without a meaning": unknownOperators(),
    "two operands of different lengths": (() => {
      const build = new Build();
      return build.model({ x: ["N", 3] }, [build.node("MatMul", ["x", build.weight("w", [4, 2])])]);
    })(),
    "a cycle": (() => {
      const build = new Build();
      build.nodes.push({ operator: "Add", inputs: ["x", "b"], outputs: ["a"], attributes: {} });
      build.nodes.push({ operator: "Relu", inputs: ["a"], outputs: ["b"], attributes: {} });
      return build.model({ x: ["N", 3] }, ["b"]);
    })(),
    "a window larger than its input": (() => {
      const build = new Build();
      const attributes = { kernel_shape: ints([3, 3]) };
      return build.model({ x: ["N", 1, 2, 2] }, [build.node("MaxPool", ["x"], { attributes })]);
    })(),
  };

  for (const [title, bytes] of Object.entries(hostile)) {
    it(`refuses ${title}, and goes on`, async () => {
      const { status, body } = await upload(bytes);
      assert.ok(status >= 400 && status < 500, `${status}: ${JSON.stringify(body)}`);
      assert.match(body.code, /malformed_body|invalid_model|invalid_request|too_large/);
      assert.doesNotMatch(JSON.stringify(body), /root:|node_modules|linnet-import/);
      assert.equal((await fetch(`${service.url}/livez`)).status, 200);
    });
  }

  it("takes a file that came in pieces, with options, and forgets the upload", async () => {
    const file = dense();
    const id = await inPieces(file, 100);
    const body = JSON.stringify({ upload: id, name: "pieces", metadata: { by: "tus" } });
    const made = await send(body, "application/json");
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.body.source, "onnx");
    assert.deepEqual([made.body.name, made.body.metadata], ["pieces", { by: "tus" }]);
    assert.equal(made.body.bytes, file.length);
    const again = await send(body, "application/json");
    assert.equal(again.body.code, "incompatible");
    assert.equal(again.body.errors?.[0]?.pointer, "/upload");
  });

  it("refuses a file that came in pieces and is none, and keeps the upload", async () => {
    const id = await inPieces(new TextEncoder().encode("no network at all"), 8);
    const body = JSON.stringify({ upload: id });
    const refused = await send(body, "application/json");
    assert.equal(refused.body.code, "malformed_body");
    assert.equal((await send(body, "application/json")).body.code, "malformed_body");
  });

  it("lists every operator at fault", async () => {
    const { errors = [] } = (await upload(unknownOperators())).body;
    for (const name of ["first", "second", "third"]) {
      assert.ok(
        errors.some(({ detail }) => detail.includes(`"${name}"`)),
        name,
      );
    }
  });

  it("reads a good file afterwards, and refuses an output that is not there", async () => {
    assert.equal((await upload(good)).status, 201);
    const { status, body } = await upload(good, "?output=nothing");
    assert.deepEqual([status, body.code], [422, "invalid_model"]);
    const wrong = await upload(good, "?input_layout=channels_last");
    assert.deepEqual([wrong.status, wrong.body.code], [422, "invalid_model"]);
    assert.equal((await upload(good, "?colour=red")).status, 400);
  });

  it("chooses among several inputs, outputs and weights", async () => {
    const build = new Build();
    const mask = build.node("Mul", ["x", "mask"]);
    const hidden = build.node("Relu", [
      build.node("MatMul", [mask, build.weight("body.w", [3, 4])]),
    ]);
    const logits = build.node("MatMul", [hidden, build.weight("head.w", [4, 2])]);
    const file = build.model({ x: ["N", 3], mask: ["N", 3] }, [hidden, logits]);
    assert.equal((await upload(file)).body.code, "invalid_model");
    const chosen = `?input=x&fixed=mask:1&output=${logits}&freeze=body.*&name=two`;
    const { status, body } = await upload(file, chosen);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual([body.name, body.parameters, body.outputs[0]?.name], ["two", 8, logits]);
    assert.deepEqual(body.import?.options.fixed, { mask: 1 });
  });
});

describe("layers models at the edge", () => {
  const topology = sequential([
    layer("Dense", "hidden", { batch_input_shape: [null, 2], units: 3, activation: "tanh" }),
    layer("Dense", "last", { units: 1 }),
  ]);
  const { document, shards } = withWeights(
    topology,
    {
      "hidden/kernel": [2, 3],
      "hidden/bias": [3],
      "last/kernel": [3, 1],
      "last/bias": [1],
    },
    16,
  );

  it("takes a topology in JSON, whose weights runs draw", async () => {
    const { status, body } = await send(JSON.stringify(document), "application/json", "?name=bare");
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual([body.source, body.name, body.parameters], ["keras", "bare", 13]);
    assert.equal(body.weights, undefined);
    assert.match(body.warnings.join(), /not sent/);
  });

  it("takes a form with the files of weights", async () => {
    const form = new FormData();
    for (const [path, bytes] of shards) form.append("weights", new Blob([bytes as Bytes]), path);
    form.append("model", new Blob([JSON.stringify(document)]), "model.json");
    const { status, body } = await send(form);
    assert.equal(status, 201, JSON.stringify(body));
    assert.match(body.weights ?? "", /^sha256:/);
    const file = await fetch(`${service.url}/v1/models/${body.id}/onnx`);
    assert.equal(file.headers.get("content-type"), "application/onnx");
    const again = await upload(new Uint8Array(await file.arrayBuffer()), "?include=*/bias");
    assert.equal(again.body.parameters, 13);
  });

  it("refuses forms and topologies that say too little", async () => {
    const form = new FormData();
    form.append("model", new Blob([JSON.stringify(document)]), "model.json");
    const [[path = "", bytes] = []] = [...shards];
    form.append("weights", new Blob([bytes as Bytes]), path);
    const partial = await send(form);
    assert.equal(partial.body.code, "invalid_model");
    assert.equal(partial.body.errors?.length, shards.size - 1);
    const empty = new FormData();
    empty.append("a", "b");
    assert.equal((await send(empty)).body.code, "invalid_request");
    const broken = await send("--x\r\nnonsense", "multipart/form-data; boundary=x");
    assert.equal(broken.body.code, "malformed_body", JSON.stringify(broken.body));
    for (const body of ["{}", '{"format":"layers-model"}', '{"modelTopology":{}}', "[]", "7"]) {
      const { status } = await send(body, "application/json");
      assert.ok(status >= 400 && status < 500, body);
    }
  });
});
