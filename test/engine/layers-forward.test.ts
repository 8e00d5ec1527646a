/** Forward values of dense, convolution, pooling and normalisation layers against plain loops. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { networkFrom } from "#engine/layers/definition.ts";
import { type Shape, sizeOf, type Tensor } from "#engine/tensor.ts";
import type { Layer } from "#schemas/layer.ts";
import { at, close, indicesOf, layerOutput, normals, outputOf } from "./layers-oracle.ts";

const list = (value: number | readonly number[], rank: number): number[] =>
  typeof value === "number" ? Array.from({ length: rank }, () => value) : [...value];

/** Keras: ⌈n/s⌉ windows for "same" with the odd zero after, else what fits. */
function windowsOf(spatial: Shape, layer: WindowFields, sizes: readonly number[]) {
  const rank = spatial.length;
  const strides = list(layer.strides ?? ("size" in layer ? (layer.size ?? 1) : 1), rank);
  const dilations = list(layer.dilations ?? 1, rank);
  return spatial.map((length, axis) => {
    const [size = 1, stride = 1, dilation = 1] = [sizes[axis], strides[axis], dilations[axis]];
    const reach = (size - 1) * dilation + 1;
    const { padding = "valid" } = layer;
    if (padding === "same") {
      const count = Math.ceil(length / stride);
      const total = Math.max((count - 1) * stride + reach - length, 0);
      return { size, stride, dilation, before: Math.floor(total / 2), count };
    }
    const before = padding === "valid" ? 0 : (list(padding, rank)[axis] ?? 0);
    const count = Math.floor((length + 2 * before - reach) / stride) + 1;
    return { size, stride, dilation, before, count };
  });
}

interface WindowFields {
  readonly kernel?: number | number[];
  readonly size?: number | number[];
  readonly strides?: number | number[];
  readonly padding?: "valid" | "same" | number | number[];
  readonly dilations?: number | number[];
}

/** Calls `visit` with the cells of each window: their place in the kernel and in the input. */
function* windowCells(x: Tensor, layer: WindowFields) {
  const spatial = x.shape.slice(1, -1);
  const sizes = list(layer.kernel ?? layer.size ?? 1, spatial.length);
  const windows = windowsOf(spatial, layer, sizes);
  const cells = [...indicesOf(sizes)];
  for (const [n = 0, ...out] of indicesOf([x.shape[0] ?? 0, ...windows.map((w) => w.count)])) {
    const inside = cells.map((cell) => ({
      cell,
      place: windows.map(
        ({ stride, dilation, before }, axis) =>
          (out[axis] ?? 0) * stride + (cell[axis] ?? 0) * dilation - before,
      ),
    }));
    yield { n, inside };
  }
}

function convolved(x: Tensor, layer: WindowFields & { groups?: number }, w: Tensor, b?: Tensor) {
  const [perGroup = 0, filters = 0] = w.shape.slice(-2);
  const filtersPerGroup = filters / (layer.groups ?? 1);
  const result: number[] = [];
  for (const { n, inside } of windowCells(x, layer)) {
    for (let f = 0; f < filters; f++) {
      let total = b?.data[f] ?? 0;
      for (const { cell, place } of inside) {
        for (let c = 0; c < perGroup; c++) {
          const channel = Math.floor(f / filtersPerGroup) * perGroup + c;
          total += (at(x, [n, ...place, channel]) ?? 0) * (at(w, [...cell, c, f]) ?? 0);
        }
      }
      result.push(total);
    }
  }
  return result;
}

function pooled(x: Tensor, layer: WindowFields, join: (cells: number[]) => number): number[] {
  const result: number[] = [];
  for (const { n, inside } of windowCells(x, layer)) {
    for (let c = 0; c < (x.shape.at(-1) ?? 0); c++) {
      const cells = inside.map(({ place }) => at(x, [n, ...place, c]));
      result.push(join(cells.filter((cell) => cell !== undefined)));
    }
  }
  return result;
}

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

for (const shape of [[5], [3, 4], [2, 3, 4]]) {
  test(`dense maps the last axis of [${shape}]`, async () => {
    const { x, y, weights } = await layerOutput(shape, { type: "dense", units: 6, name: "d" });
    const [w, b] = [weights.get("d/kernel"), weights.get("d/bias")];
    assert(w !== undefined && b !== undefined);
    const features = shape.at(-1) ?? 0;
    const expected: number[] = [];
    for (let row = 0; row < x.data.length / features; row++) {
      for (let u = 0; u < 6; u++) {
        let total = b.data[u] ?? 0;
        for (let c = 0; c < features; c++) {
          total += (x.data[row * features + c] ?? 0) * (at(w, [c, u]) ?? 0);
        }
        expected.push(total);
      }
    }
    close(y, expected);
  });
}

type Convolution = Extract<Layer, { type: "conv1d" | "conv2d" | "conv3d" }>;
const convolutions: readonly (readonly [Shape, Convolution])[] = [
  [[4, 3, 5, 2], { type: "conv3d", filters: 3, kernel: [2, 3, 2], strides: [1, 2, 2], padding: 1 }],
  [[3, 4, 3, 4], { type: "conv3d", filters: 2, kernel: 2, padding: "same", groups: 2 }],
  [[7, 2], { type: "conv1d", filters: 3, kernel: 3 }],
  [[7, 2], { type: "conv1d", filters: 3, kernel: [4], padding: "same", strides: 2 }],
  [[8, 4], { type: "conv1d", filters: 6, kernel: 2, dilations: 3, padding: 2, groups: 2 }],
  [[5, 6, 2], { type: "conv2d", filters: 3, kernel: 3 }],
  [[5, 6, 2], { type: "conv2d", filters: 3, kernel: [2, 3], padding: "same", use_bias: false }],
  [[6, 5, 3], { type: "conv2d", filters: 2, kernel: 3, strides: [2, 1], padding: "same" }],
  [[6, 7, 4], { type: "conv2d", filters: 4, kernel: [3, 2], padding: [2, 0], groups: 4 }],
  [[7, 7, 2], { type: "conv2d", filters: 2, kernel: 2, dilations: [2, 3], strides: 2, padding: 1 }],
  [[6, 6, 4], { type: "conv2d", filters: 6, kernel: 3, dilations: 2, padding: "same", groups: 2 }],
  [[4, 4, 2], { type: "conv2d", filters: 3, kernel: 1, strides: 3 }],
];
for (const [shape, layer] of convolutions) {
  test(`a convolution of [${shape}] is its sum: ${JSON.stringify(layer)}`, async () => {
    const { x, y, weights, network } = await layerOutput(shape, { ...layer, name: "c" });
    const [w, b] = [weights.get("c/kernel"), weights.get("c/bias")];
    assert(w !== undefined && network.parameters.length === (layer.use_bias === false ? 1 : 2));
    close(y, convolved(x, layer, w, b));
  });
}

for (const multiplier of [1, 3]) {
  test(`a depthwise convolution keeps channels apart: ${multiplier} each`, async () => {
    const kernel = [2, 3];
    const layer = { type: "depthwise_conv2d", name: "c", kernel, multiplier } as const;
    const { x, y, weights, network } = await layerOutput([5, 4, 2], { ...layer, padding: "same" });
    const [w, b] = [weights.get("c/kernel"), weights.get("c/bias")];
    assert(w !== undefined);
    assert.deepEqual(network.outputShape, [5, 4, 2 * multiplier]);
    close(y, convolved(x, { kernel, padding: "same", groups: 2 }, w, b));
  });
}

test("a separable convolution is a depthwise one and a product over channels", async () => {
  const layer = { type: "separable_conv2d", name: "c", filters: 3, kernel: 2 } as const;
  const { x, y, weights } = await layerOutput([4, 4, 2], { ...layer, multiplier: 2, strides: 2 });
  const [d, p] = [weights.get("c/depthwise_kernel"), weights.get("c/pointwise_kernel")];
  assert(d !== undefined && p !== undefined);
  const inner = convolved(x, { kernel: 2, strides: 2, groups: 2 }, d);
  const middle = { ...x, shape: [3, 2, 2, 4], data: Float64Array.from(inner) };
  close(y, convolved(middle, { kernel: 1 }, p, weights.get("c/bias")));
});

type Spreading = Extract<Layer, { type: "conv1d_transpose" | "conv2d_transpose" }>;
/** The input, the layer, and the spatial shape that Keras gives (PyTorch for numeric padding). */
const spreadings: readonly (readonly [Shape, Spreading, Shape])[] = [
  [[4, 2], { type: "conv1d_transpose", filters: 3, kernel: 3, strides: 2 }, [9]],
  [[4, 2], { type: "conv1d_transpose", filters: 3, kernel: 2, strides: 3 }, [12]],
  [[4, 2], { type: "conv1d_transpose", filters: 1, kernel: 4, strides: 3, padding: "same" }, [12]],
  [[5, 1], { type: "conv1d_transpose", filters: 2, kernel: 3, dilations: 2, padding: 1 }, [7]],
  [
    [3, 2, 2],
    { type: "conv2d_transpose", filters: 2, kernel: [3, 2], strides: [1, 2], use_bias: false },
    [5, 4],
  ],
  [
    [2, 3, 3],
    { type: "conv2d_transpose", filters: 2, kernel: 3, strides: 2, padding: "same" },
    [4, 6],
  ],
];
for (const [shape, layer, spatial] of spreadings) {
  test(`a transposed convolution of [${shape}] spreads: ${JSON.stringify(layer)}`, async () => {
    const { x, y, weights, network } = await layerOutput(shape, { ...layer, name: "c" });
    assert.deepEqual(network.outputShape, [...spatial, layer.filters]);
    const [w, b] = [weights.get("c/kernel"), weights.get("c/bias")];
    assert(w !== undefined);
    const expected = y.data.map((_, i) => b?.data[i % layer.filters] ?? 0);
    // Each cell of the input adds itself, times the filter, to the window that would read it.
    const output = { ...y, shape: [...y.shape.slice(0, -1), layer.filters] };
    let position = 0;
    for (const { n, inside } of windowCells(output, layer)) {
      const channels = shape.at(-1) ?? 0;
      for (const { cell, place } of inside) {
        for (let f = 0; f < layer.filters; f++) {
          const target = flatIn(output.shape, [n, ...place, f]);
          if (target === undefined) continue;
          for (let c = 0; c < channels; c++) {
            const value = x.data[position * channels + c] ?? 0;
            expected[target] = (expected[target] ?? 0) + value * (at(w, [...cell, f, c]) ?? 0);
          }
        }
      }
      position++;
    }
    assert.equal(position, x.data.length / (shape.at(-1) ?? 1));
    close(y, expected);
  });
}

/** Flat place of indices; undefined outside. */
function flatIn(shape: Shape, indices: readonly number[]): number | undefined {
  let flat = 0;
  for (const [axis, index] of indices.entries()) {
    const length = shape[axis] ?? 0;
    if (index < 0 || index >= length) return undefined;
    flat = flat * length + index;
  }
  return flat;
}

test("permute, zero_padding and upsample move numbers to their places", async () => {
  const turned = await layerOutput([2, 3, 4], { type: "permute", axes: [2, 0, 1] });
  assert.deepEqual(turned.network.outputShape, [4, 2, 3]);
  close(
    turned.y,
    [...indicesOf([3, 4, 2, 3])].map(
      ([n = 0, c = 0, a = 0, b = 0]) => at(turned.x, [n, a, b, c]) ?? 0,
    ),
    0,
  );
  const framed = await layerOutput([2, 3, 1], { type: "zero_padding", before: [1, 0], after: 2 });
  assert.deepEqual(framed.network.outputShape, [5, 5, 1]);
  close(
    framed.y,
    [...indicesOf([3, 5, 5])].map(([n = 0, a = 0, b = 0]) => at(framed.x, [n, a - 1, b, 0]) ?? 0),
    0,
  );
  const wide = await layerOutput([2, 3, 2], { type: "upsample", size: [3, 2] });
  assert.deepEqual(wide.network.outputShape, [6, 6, 2]);
  const nearest = [...indicesOf([3, 6, 6, 2])].map(
    ([n = 0, a = 0, b = 0, c = 0]) => at(wide.x, [n, Math.floor(a / 3), Math.floor(b / 2), c]) ?? 0,
  );
  close(wide.y, nearest, 0);
});

const pools: readonly (readonly [Shape, WindowFields])[] = [
  [[8, 2], { size: 2 }],
  [[9, 2], { size: 3, strides: 2, padding: "same" }],
  [[6, 8, 3], { size: 2 }],
  [[7, 5, 2], { size: [2, 3] }],
  [[7, 5, 2], { size: 2, padding: "same" }],
  [[7, 6, 2], { size: 3, strides: 2, padding: 1 }],
  [[5, 6, 2], { size: [3, 4], strides: 1, padding: "same" }],
  [[9, 9, 1], { size: 2, strides: [3, 4], padding: [1, 0] }],
  [[4, 4, 2], { size: 5, strides: 3, padding: "same" }],
  [[4, 6, 1], { size: [4, 6], strides: 1 }],
  [[60, 2], { size: 21, strides: 2 }],
  [[60, 2], { size: 23, strides: 1, padding: "same" }],
  [[60, 2], { size: 20 }],
];
for (const [shape, fields] of pools) {
  const rank = shape.length - 1;
  test(`a maximum over [${shape}] never sees padding: ${JSON.stringify(fields)}`, async () => {
    const type = rank === 1 ? ("max_pool1d" as const) : ("max_pool2d" as const);
    const network = networkFrom({
      input: { shape: [...shape] },
      layers: [{ type, size: 1, ...fields }],
    });
    // Negative everywhere, so that a zero from padding would win.
    const drawn = normals("x", [2, ...shape]);
    const x = { ...drawn, data: drawn.data.map((value) => -1 - Math.abs(value)) };
    const expected = pooled(x, fields, (cells) => Math.max(...cells));
    close(await outputOf(network, x), expected, 0);
  });
  test(`an average over [${shape}] counts real cells: ${JSON.stringify(fields)}`, async () => {
    const type = rank === 1 ? ("average_pool1d" as const) : ("average_pool2d" as const);
    const { x, y } = await layerOutput(shape, { type, size: 1, ...fields });
    close(y, pooled(x, fields, mean));
  });
}

test("global pools keep the channels", async () => {
  for (const shape of [
    [5, 3],
    [4, 2, 3],
  ]) {
    const whole = { size: shape.slice(0, -1) };
    const average = await layerOutput(shape, { type: "global_average_pool" });
    assert.deepEqual(average.network.outputShape, [3]);
    close(average.y, pooled(average.x, whole, mean));
    const { x, y } = await layerOutput(shape, { type: "global_max_pool" });
    close(
      y,
      pooled(x, whole, (cells) => Math.max(...cells)),
      0,
    );
  }
});

test("flatten and reshape keep the order of numbers", async () => {
  const flat = await layerOutput([2, 3, 4], { type: "flatten" });
  assert.deepEqual(flat.network.outputShape, [24]);
  close(flat.y, flat.x.data, 0);
  const laid = await layerOutput([24], { type: "reshape", shape: [2, 3, 4] });
  assert.deepEqual(laid.y.shape, [3, 2, 3, 4]);
  close(laid.y, laid.x.data, 0);
});

test("layer_norm normalises the last axis", async () => {
  for (const [isScaled, isCentred] of [
    [true, true],
    [false, true],
    [true, false],
  ] as const) {
    const { x, y, weights } = await layerOutput([2, 5], {
      type: "layer_norm",
      name: "n",
      epsilon: 0.1,
      scale: isScaled,
      centre: isCentred,
    });
    const expected = [...indicesOf([3, 2, 5])].map(([n = 0, t = 0, c = 0]) => {
      const row = [0, 1, 2, 3, 4].map((k) => at(x, [n, t, k]) ?? 0);
      const variance = mean(row.map((value) => (value - mean(row)) ** 2));
      const unit = ((row[c] ?? 0) - mean(row)) / Math.sqrt(variance + 0.1);
      return (
        unit * (weights.get("n/scale")?.data[c] ?? 1) + (weights.get("n/centre")?.data[c] ?? 0)
      );
    });
    close(y, expected);
  }
});

test("the ntk parameterization multiplies by gain over the root of fan-in", async () => {
  const about = { parameterization: "ntk" } as const;
  const dense = await layerOutput([8], { type: "dense", units: 3, name: "d" }, about);
  const plain = networkFrom({
    input: { shape: [8] },
    layers: [{ type: "dense", units: 3, name: "d" }],
  });
  const kernel = dense.weights.get("d/kernel");
  assert(kernel !== undefined);
  const scaled = new Map(dense.weights);
  scaled.set("d/kernel", { ...kernel, data: kernel.data.map((w) => w / Math.sqrt(8)) });
  close(dense.y, (await outputOf(plain, dense.x, scaled)).data);

  const layer = { type: "conv1d", filters: 4, kernel: 3, groups: 2, name: "c" } as const;
  const conv = await layerOutput([6, 4], { ...layer, activation: "relu" }, about);
  const [w, b] = [conv.weights.get("c/kernel"), conv.weights.get("c/bias")];
  assert(w !== undefined && sizeOf(w.shape) === 3 * 2 * 4);
  const gained = { ...w, data: w.data.map((value) => value * Math.sqrt(2 / 6)) };
  close(
    conv.y,
    convolved(conv.x, layer, gained, b).map((value) => Math.max(value, 0)),
  );
});
