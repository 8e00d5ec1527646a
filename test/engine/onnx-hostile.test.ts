/** Files that lie, are cut off, or ask for too much: each is refused with a place, and quickly. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { importOnnx } from "#engine/onnx/import.ts";
import { onnxLimits } from "#engine/onnx/limits.ts";
import { encodeModel, type Graph } from "#engine/onnx/model.ts";
import { readOnnx } from "#engine/onnx/reader.ts";
import { Writer } from "#engine/onnx/wire.ts";
import { Failure } from "#src/failure.ts";
import { fuzzOnnx } from "../../bench/fuzz-onnx.ts";
import { Build } from "./onnx-build.ts";
import { resnet } from "./onnx-networks.ts";

function refusal(make: () => unknown): Failure {
  try {
    make();
  } catch (cause) {
    assert.ok(cause instanceof Failure, String(cause));
    return cause;
  }
  assert.fail("it was taken");
}

const modelOf = (graph: Writer): Uint8Array =>
  new Writer().integer(1, 8).message(7, graph).toBytes();
const tensor = (): Writer => new Writer().integers(1, [2]).integer(2, 1).string(8, "w");
const external = (): Writer =>
  tensor().message(13, new Writer().string(1, "location").string(2, "/etc/passwd")).integer(14, 1);
const attribute = (field: number, value: Writer): Writer =>
  new Writer().message(5, new Writer().string(1, "value").message(field, value));

describe("a file that is no model", () => {
  it("is refused wherever it is cut off", () => {
    const { bytes } = resnet("N");
    for (let end = 0; end < bytes.length; end += 37) {
      assert.equal(refusal(() => readOnnx(bytes.subarray(0, end))).code, "malformed_body");
    }
  });

  it("never does more than refuse, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        // A few bytes may say a graph without anything in it: that is no network.
        const { code } = refusal(() => importOnnx(bytes));
        assert.match(code, /^(malformed_body|invalid_model)$/);
      }),
      { numRuns: 500 },
    );
  });

  it("is refused with the place of the fault", () => {
    const graph = new Writer().message(1, new Writer().string(4, "Relu"));
    graph.message(1, new Writer().bytes(4, Uint8Array.of(0xff)));
    const { errors } = refusal(() => readOnnx(modelOf(graph)));
    assert.equal(errors[0]?.pointer, "/graph/node/1");
    assert.match(errors[0]?.detail ?? "", /UTF-8/);
  });
});

describe("external and sparse data", () => {
  const places: Record<string, Writer> = {
    "an initialiser": new Writer().message(5, external()),
    "a constant": new Writer().message(1, attribute(5, external())),
    "a list of tensors": new Writer().message(1, attribute(10, external())),
    "a subgraph": new Writer().message(1, attribute(6, new Writer().message(5, external()))),
    "a list of subgraphs": new Writer().message(
      1,
      attribute(11, new Writer().message(5, external())),
    ),
    "a sparse initialiser": new Writer().message(15, new Writer().message(1, external())),
    "a sparse constant": new Writer().message(
      1,
      attribute(22, new Writer().message(1, external())),
    ),
    "a list of sparse tensors": new Writer().message(1, attribute(23, new Writer())),
  };
  for (const [place, graph] of Object.entries(places)) {
    it(`is refused in ${place}`, () => {
      const { code, message } = refusal(() => readOnnx(modelOf(graph)));
      assert.equal(code, "malformed_body");
      assert.match(message, /outside the file|sparse/);
    });
  }

  it("is refused in a function", () => {
    const node = attribute(5, external());
    const model = new Writer().message(7, new Writer()).message(25, new Writer().message(7, node));
    assert.match(refusal(() => readOnnx(model.toBytes())).message, /outside the file/);
  });
});

describe("a limit", () => {
  const limited = (graph: Writer, limits: Partial<typeof onnxLimits>): string =>
    refusal(() => readOnnx(modelOf(graph), { ...onnxLimits, ...limits })).message;
  const node = (): Writer => new Writer().string(1, "a").string(2, "b").string(4, "Relu");

  it("holds for bytes, nodes, operands, tensors, texts and axes", () => {
    const nodes = new Writer().message(1, node()).message(1, node()).message(1, node());
    assert.match(limited(nodes, { fileBytesMax: 10 }), /bytes/);
    assert.match(limited(nodes, { nodesMax: 2 }), /more than 2 nodes/);
    assert.match(limited(nodes, { operandsMax: 5 }), /more than 5 operands/);
    assert.match(limited(nodes, { stringBytesMax: 3 }), /a text has 4 bytes/);
    const tensors = new Writer().message(5, tensor()).message(5, tensor());
    assert.match(limited(tensors, { tensorsMax: 1 }), /too many tensors/);
    assert.match(limited(tensors, { rankMax: 0 }), /1 axes/);
  });

  it("holds for graphs inside graphs", () => {
    let graph = new Writer();
    for (let depth = 0; depth < 20; depth += 1)
      graph = new Writer().message(1, attribute(6, graph));
    assert.match(limited(graph, {}), /nested more than 8 deep/);
  });

  it("holds for products of lengths, which do not overflow", () => {
    for (const shape of [
      [2 ** 31, 2 ** 31],
      [2 ** 40, 0, 2 ** 40],
      [2 ** 52, 2 ** 52, 2 ** 52],
      [-1],
    ]) {
      const big = new Writer().integers(1, shape).integer(2, 1).string(8, "w");
      assert.match(limited(new Writer().message(5, big), {}), /too large|negative/);
    }
  });

  it("holds for what the graph unfolds to", () => {
    const b = new Build();
    const double = (x: string): string => b.node("Concat", [x, x], { attributes: { axis: 1 } });
    let y = "x";
    for (let turn = 0; turn < 60; turn += 1) y = double(y);
    const { code, message } = refusal(() => importOnnx(b.model({ x: ["N", 4] }, [y])));
    assert.equal(code, "invalid_model");
    assert.match(message, /too large/);
  });
});

describe("a graph without a meaning", () => {
  const refused = (make: (b: Build) => string): readonly { pointer: string; detail: string }[] => {
    const b = new Build();
    return refusal(() => importOnnx(b.model({ x: ["N", 4] }, [make(b)]))).errors;
  };

  it("is refused by all its operators at once, each with its place and a remedy", () => {
    const errors = refused((b) => {
      const top = b.node("TopK", ["x", b.integers([2])], { name: "best" });
      const noise = b.node("RandomNormalLike", [top], { name: "noise" });
      return b.node("Add", [noise, b.node("Frobnicate", ["x"], { name: "own", domain: "acme" })]);
    });
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ["/graph/node/0", "/graph/node/2", "/graph/node/1"],
    );
    assert.match(errors[0]?.detail ?? "", /TopK "best": .*export/);
    assert.match(errors[1]?.detail ?? "", /Frobnicate "own": .*domain "acme"/);
    assert.match(errors[2]?.detail ?? "", /RandomNormalLike "noise": .*random/);
  });

  it("is refused where shapes do not fit, with the node's place", () => {
    const [first] = refused((b) => b.node("MatMul", ["x", b.weight("w", [5, 2])], { name: "fc" }));
    assert.match(first?.detail ?? "", /MatMul "fc": .*contracted axes differ/);
  });

  it("is refused where a value is read that nobody writes, or that has no meaning", () => {
    const [missing] = refused((b) => b.node("Relu", ["y"]));
    assert.match(missing?.detail ?? "", /"y" is written by no node/);
    const [mean] = refused((b) => {
      const norm = ["x", b.weight("s", [4])];
      return b.nodeOf("LayerNormalization", norm, { outputs: 2 })[1] ?? "";
    });
    assert.match(mean?.detail ?? "", /no meaning here/);
  });

  it("is refused with several inputs, unless all but one are fixed to a number", () => {
    const b = new Build();
    const bytes = b.model({ x: ["N", 4], mask: ["N", 4] }, [b.node("Mul", ["x", "mask"])]);
    assert.match(refusal(() => importOnnx(bytes)).message, /2 inputs .*"mask".*fixed/);
    assert.equal(importOnnx(bytes, { fixed: { mask: 1 } }).inputName, "x");
    assert.match(refusal(() => importOnnx(bytes, { input: "z" })).message, /no input "z"/);
  });

  it("is refused with open lengths until they are given", () => {
    const b = new Build();
    const bytes = b.model({ x: ["N", "T"] }, [b.node("Relu", ["x"])]);
    assert.match(refusal(() => importOnnx(bytes)).message, /inputShape/);
    assert.deepEqual(importOnnx(bytes, { inputShape: [7] }).outputShape, [7]);
  });

  it("is refused with an output of indices, and trained by another one", () => {
    const b = new Build();
    const y = b.node("Neg", ["x"]);
    const bytes = b.model({ x: ["N", 4] }, [b.node("ArgMax", [y], { attributes: { axis: 1 } }), y]);
    assert.match(refusal(() => importOnnx(bytes)).message, /no derivative/);
    assert.equal(importOnnx(bytes, { output: y }).outputName, y);
  });

  it("is refused from operator sets that are not known", () => {
    const graph: Graph = { name: "g", nodes: [], initializers: [], inputs: [], outputs: [] };
    for (const operatorSet of [5, 99]) {
      const bytes = encodeModel({ graph, operatorSet }).toBytes();
      assert.match(refusal(() => importOnnx(bytes)).message, /operator set/);
    }
  });
});

describe("examples that meet", () => {
  it("are told as coupling", () => {
    const b = new Build();
    const y = b.node("Softmax", ["x"], { name: "mix", attributes: { axis: 0 } });
    assert.match(importOnnx(b.model({ x: ["N", 4] }, [y])).coupling.join(), /mix/);
  });
});

describe("damaged files", () => {
  it("give a network or a refusal, within time and memory", () => {
    const { findings } = fuzzOnnx({ count: 1500, seed: 7 });
    assert.deepEqual(findings, []);
  });
});
