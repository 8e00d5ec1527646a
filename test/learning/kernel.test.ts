/** Structured kernels against explicit Jacobians: every layer, variant, order and block size. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Backend, Tensors } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import {
  add,
  broadcast,
  constant,
  divide,
  gather,
  literal,
  matmul,
  multiply,
  scale,
  slice,
  sum,
  tanh,
  transpose,
} from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { type Shape, sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import { contractionOrders } from "#learning/ntk/contraction.ts";
import { createKernel, type Kernel, type KernelOptions } from "#learning/ntk/kernel.ts";
import { chooseLookupOrder, lookupBlock } from "#learning/ntk/lookup.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Definition } from "#schemas/model.ts";
import { stream } from "#src/random.ts";
import { transformer } from "#test/engine/transformer.ts";

const backend: Backend = referenceBackend();

function examplesFor(network: Network, count: number): Tensor {
  const random = stream(3, "examples");
  const shape = [count, ...network.input.shape];
  const { vocabulary, kind } = network.input;
  if (kind === "integer") {
    const ids = Int32Array.from({ length: sizeOf(shape) }, () => random.integer(vocabulary ?? 1));
    return tensor("int32", shape, ids);
  }
  return tensor(
    "float64",
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
}

/** Weights away from their special starting values, so that no bias or scale is 0 or 1. */
function weightsOf(network: Network): Tensors {
  const random = stream(5, "weights");
  return Object.fromEntries(
    [...network.initialise(1)].map(([name, value]) => [
      name,
      tensor(
        "float64",
        value.shape,
        value.data.map((number) => number + 0.1 * random.normal()),
      ),
    ]),
  );
}

async function kernelOf(
  network: Network,
  some: Partial<KernelOptions> & { readonly variant: KernelVariant },
  count = 5,
): Promise<Kernel & { readonly contractions: ReadonlyMap<string, string> }> {
  await using computer = await createKernel({
    network,
    backend,
    precision: "float64",
    x: examplesFor(network, count),
    ...some,
  });
  const kernel = await computer.compute(weightsOf(network));
  return { ...kernel, contractions: computer.contractions };
}

function close(actual: Tensor, expected: Tensor, bound = 1e-12): void {
  assert.deepEqual(actual.shape, expected.shape);
  const scale = Math.max(...[...expected.data].map(Math.abs));
  assert.ok(scale > 0, "the expected kernel is zero");
  for (const [at, value] of expected.data.entries()) {
    const error = Math.abs(value - (actual.data[at] ?? Number.NaN));
    assert.ok(error <= bound * scale, `entry ${at}: ${actual.data[at]} instead of ${value}`);
  }
}

const networks: Record<string, Definition> = {
  "dense layers": {
    input: { shape: [4] },
    layers: [
      { type: "dense", units: 6, activation: "tanh" },
      { type: "dense", units: 5, activation: "gelu" },
      { type: "dense", units: 3 },
    ],
  },
  "dense layers in NTK parametrisation": {
    input: { shape: [4] },
    parameterization: "ntk",
    layers: [
      { type: "dense", units: 6, activation: "relu" },
      { type: "dense", units: 2 },
    ],
  },
  "dense layers on tokens with layer norm": {
    input: { shape: [3, 4] },
    layers: [
      { type: "dense", units: 5, activation: "silu" },
      { type: "layer_norm" },
      { type: "dense", units: 2 },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
  },
  "strided, padded, dilated and grouped convolutions in 2-D": {
    input: { shape: [7, 6, 2] },
    layers: [
      { type: "conv2d", filters: 4, kernel: 3, padding: "same", activation: "tanh" },
      { type: "conv2d", filters: 4, kernel: [2, 3], strides: 2, groups: 2, padding: 1 },
      { type: "conv2d", filters: 3, kernel: 2, dilations: 2, activation: "softplus" },
      { type: "global_average_pool" },
      { type: "dense", units: 3 },
    ],
  },
  "convolutions in 1-D with pools": {
    input: { shape: [12, 2] },
    layers: [
      { type: "conv1d", filters: 3, kernel: 3, activation: "tanh" },
      { type: "max_pool1d", size: 2 },
      { type: "conv1d", filters: 4, kernel: 2, activation: "sigmoid" },
      { type: "average_pool1d", size: 2 },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
  },
  "a residual graph": {
    input: { shape: [6, 6, 2] },
    nodes: [
      { id: "stem", type: "conv2d", inputs: ["input"], filters: 3, kernel: 3, padding: "same" },
      {
        id: "a",
        type: "conv2d",
        inputs: ["stem"],
        filters: 3,
        kernel: 3,
        padding: "same",
        activation: "tanh",
      },
      { id: "norm", type: "layer_norm", inputs: ["a"] },
      { id: "b", type: "conv2d", inputs: ["norm"], filters: 3, kernel: 3, padding: "same" },
      { id: "sum", type: "add", inputs: ["stem", "b"] },
      { id: "pool", type: "global_average_pool", inputs: ["sum"] },
      { id: "head", type: "dense", inputs: ["pool"], units: 2 },
    ],
    output: "head",
  },
};

const tokens = { shape: [5], dtype: "integer" } as const;
Object.assign(networks, {
  "a transformer on tokens": transformer({ pool: { type: "global_average_pool" } }),
  "a transformer with sinusoids, padding and RMS norms": {
    input: { ...tokens, shape: [5] },
    layers: [
      { type: "embedding", vocabulary: 4, units: 4 },
      { type: "sinusoidal_encoding", base: 10 },
      { type: "rms_norm" },
      { type: "attention", heads: 2, key_units: 3, value_units: 2, padding_token: 3 },
      { type: "positional_embedding" },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
  },
  "an LSTM over tokens": {
    input: { ...tokens, shape: [5] },
    layers: [
      { type: "embedding", vocabulary: 6, units: 3 },
      { type: "lstm", units: 3, return_sequences: true },
      { type: "simple_rnn", units: 2, activation: "silu" },
      { type: "dense", units: 2 },
    ],
  },
  "a GRU in NTK parametrisation": {
    input: { shape: [4, 2] },
    parameterization: "ntk",
    layers: [
      { type: "gru", units: 3 },
      { type: "dense", units: 2 },
    ],
  },
  "transposed convolutions": {
    input: { shape: [3, 2, 2] },
    layers: [
      { type: "conv2d_transpose", filters: 3, kernel: 3, strides: 2, padding: "same" },
      { type: "activation", activation: "tanh" },
      { type: "conv2d_transpose", filters: 2, kernel: [2, 3], strides: [3, 1], padding: "valid" },
      { type: "reshape", shape: [18 * 3, 4] },
      { type: "conv1d_transpose", filters: 2, kernel: 2, dilations: 2, padding: 1 },
      { type: "global_average_pool" },
      { type: "dense", units: 2 },
    ],
  },
  "group, instance and frozen batch norm": {
    input: { shape: [3, 4, 4] },
    layers: [
      { type: "conv2d", filters: 4, kernel: 2 },
      { type: "group_norm", groups: 2 },
      { type: "activation", activation: "tanh" },
      { type: "instance_norm" },
      { type: "batch_norm", statistics: "frozen" },
      { type: "flatten" },
      { type: "rms_norm" },
      { type: "dense", units: 3 },
    ],
  },
  "depthwise, separable and many-grouped convolutions": {
    input: { shape: [4, 4, 3] },
    layers: [
      { type: "depthwise_conv2d", multiplier: 2, kernel: 2, activation: "tanh" },
      { type: "separable_conv2d", filters: 6, kernel: 2, padding: "same", activation: "silu" },
      { type: "conv2d", filters: 12, kernel: 2, groups: 6 },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
  },
  "three spatial axes": {
    input: { shape: [3, 3, 2, 1] },
    layers: [
      { type: "conv3d", filters: 3, kernel: 2, padding: "same", activation: "tanh" },
      { type: "zero_padding", before: 1, after: [0, 1, 0] },
      { type: "upsample", size: [1, 2, 1] },
      { type: "permute", axes: [2, 0, 1, 3] },
      { type: "conv3d", filters: 2, kernel: [2, 3, 3], groups: 1 },
      { type: "global_average_pool" },
    ],
  },
} satisfies Record<string, Definition>);

const variants: readonly KernelVariant[] = ["full", "trace", "pseudo", "diagonal"];

/** x W tanh, then the same W again, and at last its transpose: one matrix, three readings. */
function tiedNetwork(how: "same" | "mixed"): Network {
  const weights = { name: "tied/kernel", layer: "tied", shape: [3, 3] };
  const bias = { name: "tied/bias", layer: "tied", shape: [3] };
  return {
    input: { shape: [3], kind: "real" },
    outputShape: [3],
    parameters: [weights, bias],
    layers: [],
    coupling: [],
    apply(parameters, x) {
      const w = parameters.get("tied/kernel");
      const b = parameters.get("tied/bias");
      assert.ok(w && b);
      const once = tanh(add(matmul(x, w), b));
      const twice = tanh(add(matmul(once, w), b));
      return how === "same" ? twice : matmul(twice, transpose(w, [1, 0]));
    },
    initialise: () =>
      new Map([
        [
          "tied/kernel",
          tensor(
            "float64",
            [3, 3],
            [1, 2, 3, 4, 5, 6, 7, 8, 9].map((v) => v / 9),
          ),
        ],
        ["tied/bias", tensor("float64", [3], [0.1, 0.2, 0.3])],
      ]),
  };
}

/** Ways in which f = Σ_c tanh(reading of w [4, 4] and x [N, 4]) may read w. */
const readings: Readonly<Record<string, readonly [(x: Node, w: Node) => Node, string]>> = {
  "multiplied as it is and turned around": [
    (x, w) => matmul(tanh(matmul(x, w)), w, { transposeB: true }),
    "gradient",
  ],
  "multiplied twice, turned around": [
    (x, w) => matmul(tanh(matmul(x, w, { transposeB: true })), w, { transposeB: true }),
    "outer",
  ],
  "cut into columns": [
    (x, w) => {
      const columns = (from: number) => slice(w, { starts: [0, from], ends: [4, from + 2] });
      return matmul(tanh(matmul(x, columns(0))), transpose(columns(2), [1, 0]));
    },
    "gradient",
  ],
  "cut into one block": [
    (x, w) => matmul(x, slice(w, { starts: [0, 1], ends: [4, 3] })),
    "gram_gram",
  ],
  "stretched before it is added": [
    (x, w) => multiply(x, broadcast(slice(w, { starts: [1, 0], ends: [2, 1] }), [1, 4])),
    "gradient",
  ],
  "gathered at fixed rows": [
    (x, w) => {
      const rows = gather(w, constant(tensor("int32", [2], [3, 0])), 0);
      return tanh(matmul(x, rows, { transposeB: true }));
    },
    "gradient",
  ],
  "scaled by its own norm": [
    (x, w) => matmul(x, divide(w, add(sum(multiply(w, w)), literal(1)))),
    "explicit",
  ],
};

function readingNetwork(apply: (x: Node, w: Node) => Node): Network {
  const w = { name: "w", layer: "w", shape: [4, 4] };
  const outputs = apply(constant(normals([1, 4])), constant(normals([4, 4]))).shape.slice(1);
  return {
    input: { shape: [4], kind: "real" },
    outputShape: outputs,
    parameters: [w],
    layers: [],
    coupling: [],
    apply(parameters, x) {
      const own = parameters.get("w");
      assert.ok(own);
      return tanh(apply(x, own));
    },
    initialise: () => new Map([["w", normals([4, 4])]]),
  };
}

/** A table read by two lookups of shifted ids, or by one and by the projection onto logits. */
function tableNetwork(tied: boolean): Network {
  const table = { name: "table", layer: "table", shape: [5, 3] };
  return {
    input: { shape: [4], kind: "integer", vocabulary: 5 },
    outputShape: [tied ? 5 : 3],
    parameters: [table],
    layers: [],
    coupling: [],
    apply(parameters, x) {
      const own = parameters.get("table");
      assert.ok(own);
      const vectors = tanh(gather(scale(own, 0.7), x, 0));
      const pooled = sum(multiply(vectors, vectors), [1]);
      if (tied) return matmul(tanh(pooled), own, { transposeB: true });
      const first = gather(
        scale(own, 0.7),
        slice(x, { starts: [0, 0], ends: [x.shape[0] ?? 0, 1] }),
        0,
      );
      return multiply(pooled, sum(first, [1]));
    },
    initialise: () => new Map([["table", normals([5, 3])]]),
  };
}

function normals(shape: Shape): Tensor {
  const random = stream(9, "normals");
  const values = Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
  return tensor("float64", shape, values);
}

describe("neural tangent kernel", () => {
  for (const [title, definition] of Object.entries(networks)) {
    for (const variant of variants) {
      it(`equals explicit contraction: ${title}, ${variant}`, async () => {
        const network = networkFrom(definition);
        const structured = await kernelOf(network, { variant });
        const explicit = await kernelOf(network, { variant, method: "explicit" });
        close(structured.tensor, explicit.tensor);
        assert.ok(![...structured.contractions.values()].includes("explicit"));
        assert.ok([...explicit.contractions.values()].every((how) => how === "explicit"));
        for (const [layer, trace] of explicit.layerTraces) {
          const other = structured.layerTraces.get(layer) ?? Number.NaN;
          assert.ok(Math.abs(other - trace) <= 1e-12 * Math.abs(trace) + 1e-300, layer);
        }
      });
    }
  }

  for (const order of contractionOrders) {
    it(`does not depend on the contraction order: ${order}`, async () => {
      for (const title of ["strided, padded, dilated and grouped convolutions in 2-D"] as const) {
        const network = networkFrom(networks[title] as Definition);
        const expected = await kernelOf(network, { variant: "full", method: "explicit" }, 3);
        close((await kernelOf(network, { variant: "full", order }, 3)).tensor, expected.tensor);
      }
    });
  }

  it("does not depend on the block size, ragged ones included", async () => {
    const network = networkFrom(networks["dense layers"] as Definition);
    for (const variant of variants) {
      const whole = await kernelOf(network, { variant, block: 7 }, 7);
      for (const block of [1, 2, 3, 5]) {
        const blocked = await kernelOf(network, { variant, block }, 7);
        close(blocked.tensor, whole.tensor, 1e-15);
        for (const [layer, trace] of whole.layerTraces) {
          assert.ok(Math.abs((blocked.layerTraces.get(layer) ?? 0) - trace) <= 1e-14 * trace);
        }
      }
    }
  });

  it("adds up shared weights over all pairs of uses", async () => {
    const network = tiedNetwork("same");
    const structured = await kernelOf(network, { variant: "full" });
    assert.deepEqual([...structured.contractions.keys()], ["tied/kernel", "tied/bias"]);
    assert.ok(![...structured.contractions.values()].includes("explicit"));
    const explicit = await kernelOf(network, { variant: "full", method: "explicit" });
    close(structured.tensor, explicit.tensor);
  });

  it("adds gradients where one matrix is read in two layouts", async () => {
    const network = tiedNetwork("mixed");
    const mixed = await kernelOf(network, { variant: "full" });
    assert.equal(mixed.contractions.get("tied/kernel"), "gradient");
    close(mixed.tensor, (await kernelOf(network, { variant: "full", method: "explicit" })).tensor);
  });

  for (const [title, [apply, contraction]] of Object.entries(readings)) {
    it(`is exact where a parameter is ${title}`, async () => {
      const network = readingNetwork(apply);
      // As many examples as the matrix has rows: sizes alone must not decide what a row is.
      for (const count of [2, 4]) {
        const structured = await kernelOf(network, { variant: "full" }, count);
        assert.equal(structured.contractions.get("w"), contraction);
        const explicit = await kernelOf(network, { variant: "full", method: "explicit" }, count);
        close(structured.tensor, explicit.tensor);
      }
    });
  }

  for (const tied of [false, true]) {
    it(`contracts a table in every order: ${tied ? "tied" : "looked up twice"}`, async () => {
      const network = tableNetwork(tied);
      for (const variant of variants) {
        const explicit = await kernelOf(network, { variant, method: "explicit" });
        const orders = tied ? [undefined] : contractionOrders;
        for (const order of orders) {
          const some = { variant, block: 2, ...(order === undefined ? {} : { order }) };
          const { tensor: kernel, contractions } = await kernelOf(network, some);
          close(kernel, explicit.tensor);
          const asked = order === "one_sided" ? "sequential" : order;
          assert.equal(contractions.get("table"), asked ?? "gradient");
        }
      }
    });
  }

  it("is exact where directions are too many to be taken side by side", async () => {
    const network = networkFrom({
      input: { shape: [3] },
      layers: [
        ...Array.from(
          { length: 10 },
          () => ({ type: "dense", units: 4, activation: "tanh" }) as const,
        ),
        { type: "dense", units: 60 },
      ],
    });
    for (const variant of variants) {
      const structured = await kernelOf(network, { variant, block: 2 }, 3);
      close(
        structured.tensor,
        (await kernelOf(network, { variant, method: "explicit" }, 3)).tensor,
      );
    }
  });

  it("takes a bias into the product that it is added to", async () => {
    const network = networkFrom({
      input: { shape: [5] },
      layers: [
        { name: "a", type: "dense", units: 4, activation: "relu" },
        { name: "b", type: "dense", units: 3 },
      ],
    });
    const asked = { variant: "full", order: "sequential" } as const;
    const { contractions } = await kernelOf(network, asked);
    assert.deepEqual(Object.fromEntries(contractions), {
      "a/kernel": "sequential",
      "a/bias": "sequential",
      "b/kernel": "sequential",
      "b/bias": "sequential",
    });
  });

  it("never holds a gradient of a large table", () => {
    const sizes = { examples: 64, outputs: 10, positions: 16, inputs: 50_000, channels: 256 };
    const limits = { block: 32, numbersMax: 2 ** 25 };
    assert.equal(chooseLookupOrder(sizes, limits), "sequential");
    assert.equal(chooseLookupOrder({ ...sizes, inputs: 4, channels: 2 }, limits), "outer");
    const long = { ...sizes, positions: 2048 };
    assert.equal(lookupBlock(long, limits), 1);
    assert.equal(lookupBlock(sizes, limits), 16);
  });

  it("is symmetric to the last bit, and its trace is the sum of the layers'", async () => {
    const network = networkFrom(networks["a residual graph"] as Definition);
    const { tensor: kernel, layerTraces } = await kernelOf(network, { variant: "full", block: 2 });
    const n = 10;
    let trace = 0;
    for (let i = 0; i < n; i += 1) {
      trace += kernel.data[i * n + i] ?? 0;
      for (let j = 0; j < i; j += 1) {
        assert.equal(kernel.data[i * n + j], kernel.data[j * n + i]);
      }
    }
    const sum = [...layerTraces.values()].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - trace) <= 1e-12 * trace);
  });

  it("relates its variants as they are defined", async () => {
    const network = networkFrom(networks["dense layers"] as Definition);
    const [full, trace, pseudo, diagonal] = await Promise.all(
      variants.map((variant) => kernelOf(network, { variant })),
    );
    assert.ok(full && trace && pseudo && diagonal);
    const [n, o] = [5, 3];
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < n; j += 1) {
        let sum = 0;
        let all = 0;
        for (let p = 0; p < o; p += 1) {
          for (let q = 0; q < o; q += 1) {
            const value = full.tensor.data[((i * o + p) * n + j) * o + q] ?? 0;
            all += value;
            if (p !== q) continue;
            sum += value;
            const own = diagonal.tensor.data[(p * n + i) * n + j] ?? 0;
            assert.ok(Math.abs(own - value) < 1e-11);
          }
        }
        assert.ok(Math.abs((trace.tensor.data[i * n + j] ?? 0) - sum / o) < 1e-11);
        assert.ok(Math.abs((pseudo.tensor.data[i * n + j] ?? 0) - all / o) < 1e-11);
      }
    }
  });

  it("is refused where examples are coupled", async () => {
    const network = { ...tiedNetwork("same"), coupling: ["batch_norm uses batch statistics"] };
    await assert.rejects(kernelOf(network, { variant: "full" }), /batch statistics/);
  });
});
