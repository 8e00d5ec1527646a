/** The ONNX codec against protobufjs as an independent reader, and against ONNX Runtime itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import protobuf from "protobufjs";
import type { Attributes, Graph, Initializer } from "#engine/onnx/model.ts";
import { encodeModel, float, int, ints, string } from "#engine/onnx/model.ts";
import { Writer } from "#engine/onnx/wire.ts";

const schema = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message TensorProto {
    repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9;
    repeated Entry external_data = 13; int32 data_location = 14;
  }
  message Dimension { int64 dim_value = 1; string dim_param = 2; }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message TypeProto { TensorType tensor_type = 1; }
  message ValueInfo { string name = 1; TypeProto type = 2; }
  message Attribute {
    string name = 1; float f = 2; int64 i = 3; bytes s = 4; TensorProto t = 5; GraphProto g = 6;
    repeated float floats = 7; repeated int64 ints = 8; int32 type = 20;
  }
  message NodeProto {
    repeated string input = 1; repeated string output = 2; string op_type = 4;
    repeated Attribute attribute = 5; string domain = 7;
  }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfo input = 11; repeated ValueInfo output = 12;
  }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message ModelProto {
    int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7;
    repeated OperatorSet opset_import = 8;
  }
  message Numbers {
    int64 a = 1; repeated int64 list = 2; float f = 3; repeated float floats = 4; bytes b = 5;
  }
`,
  { keepCase: true },
).root;

/** Scalar fields that hold their default are left out. */
function read(message: string, bytes: Uint8Array): Record<string, unknown> {
  const type = schema.lookupType(message);
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true });
}

const safe = fc.maxSafeInteger();

test("integers, floats and bytes read back as they were written", () => {
  fc.assert(
    fc.property(
      safe,
      fc.array(safe),
      fc.array(fc.float({ noNaN: true }).map((value) => value + 0)),
      fc.uint8Array({ maxLength: 9000 }),
      (a, list, floats, bytes) => {
        const writer = new Writer()
          .integer(1, a)
          .integers(2, list)
          .float(3, floats[0] ?? 0);
        const encoded = writer.floats(4, floats).bytes(5, bytes).toBytes();
        const back = read("Numbers", encoded);
        assert.deepEqual([back["a"] ?? 0, back["list"]], [a, list]);
        assert.deepEqual([back["f"] ?? 0, back["floats"]], [floats[0] ?? 0, floats]);
        assert.deepEqual(Uint8Array.from((back["b"] ?? []) as Uint8Array), bytes);
        assert.equal(encoded.byteLength, writer.byteLength);
      },
    ),
  );
});

test("large byte runs are referenced, also through nested messages", () => {
  const weights = new Uint8Array(1 << 20).fill(7);
  const outer = new Writer().message(1, new Writer().bytes(9, weights)).string(2, "end");
  assert.ok(outer.chunks().includes(weights));
});

test("numbers beyond 2^53 are refused", () => {
  assert.throws(() => new Writer().integer(1, 2 ** 53), RangeError);
});

const raw = (values: Float32Array | BigInt64Array): Uint8Array => new Uint8Array(values.buffer);

function example(): Graph {
  const bias: Initializer = {
    name: "bias",
    type: "float32",
    shape: [2],
    content: { raw: raw(Float32Array.of(0.5, -1)) },
  };
  const far: Initializer = {
    name: "far",
    type: "float32",
    shape: [2, 2],
    content: { file: "far", bytes: 16 },
  };
  const x = { name: "x", type: "float32", shape: ["n", 2] } as const;
  return {
    name: "example",
    nodes: [
      {
        operator: "Gemm",
        inputs: ["x", "far", "bias"],
        outputs: ["y"],
        attributes: { alpha: float(2), transB: int(1) },
      },
    ],
    initializers: [bias, far],
    inputs: [x],
    outputs: [{ ...x, name: "y" }],
  };
}

test("a model reads back with its nodes, attributes, tensors and types", () => {
  const attributes: Attributes = {
    perm: ints([1, 0, -1]),
    mode: string("wrap"),
    body: { type: "graph", value: example() },
    value: { type: "tensor", value: example().initializers[0] ?? assert.fail() },
    scales: { type: "floats", value: [0.5, 2] },
  };
  const node = { operator: "Made", domain: "up", inputs: ["", "b"], outputs: ["c"], attributes };
  const graph = { ...example(), nodes: [node] };
  const back = read("ModelProto", encodeModel({ graph, operatorSet: 21 }).toBytes());
  assert.deepEqual(back["opset_import"], [
    { version: 21 },
    { domain: "com.microsoft", version: 1 },
  ]);
  const { node: nodes, initializer, input } = back["graph"] as Record<string, unknown[]>;
  const made = nodes?.[0] as Record<string, unknown>;
  assert.deepEqual([made["op_type"], made["domain"]], ["Made", "up"]);
  assert.deepEqual([made["input"], made["output"]], [["", "b"], ["c"]]);
  const found = Object.fromEntries(
    (made["attribute"] as Record<string, unknown>[]).map((one) => [one["name"], one]),
  );
  assert.deepEqual([found["perm"]?.["ints"], found["perm"]?.["type"]], [[1, 0, -1], 7]);
  assert.equal(Buffer.from(found["mode"]?.["s"] as Uint8Array).toString(), "wrap");
  assert.deepEqual([found["scales"]?.["floats"], found["scales"]?.["type"]], [[0.5, 2], 6]);
  assert.partialDeepStrictEqual(found, {
    body: { g: { name: "example" } },
    value: { t: { name: "bias" } },
  });
  const [bias, far] = initializer as Record<string, unknown>[];
  assert.deepEqual([bias?.["dims"], bias?.["data_type"]], [[2], 1]);
  assert.deepEqual(
    [far?.["data_location"], far?.["external_data"]],
    [
      1,
      [
        { key: "location", value: "far" },
        { key: "offset", value: "0" },
        { key: "length", value: "16" },
      ],
    ],
  );
  assert.deepEqual(input?.[0], {
    name: "x",
    type: {
      tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "n" }, { dim_value: 2 }] } },
    },
  });
});

test("ONNX Runtime computes with a written model and its external data", async () => {
  const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const bytes = encodeModel({ graph: example(), operatorSet: 21 }).toBytes();
  const session = await InferenceSession.create(bytes, { externalData: [{ path: "far", data }] });
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 10), [1, 2]) });
  assert.deepEqual([...((y?.data ?? []) as Float32Array)], [42.5, 85]);
  await session.release();
});
