/** Activations: values against their formulas, and finite numbers far from zero. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gradient } from "#engine/autodiff/backward.ts";
import { input, sum } from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { tensor } from "#engine/tensor.ts";
import { type Activation, activations } from "#schemas/layer-fields.ts";
import { close, evaluate, layerOutput, outputOf } from "./layers-oracle.ts";

/** Abramowitz and Stegun 7.1.6, a sum of terms of one sign. */
function erf(x: number): number {
  let [term, total] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const formulas: Record<Exclude<Activation, "softmax">, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x) => x * sigmoid(x),
  sigmoid,
  tanh: Math.tanh,
  softplus: (x) => Math.log1p(Math.exp(x)),
  softsign: (x) => x / (1 + Math.abs(x)),
  relu6: (x) => clip(x, 0, 6),
  hard_sigmoid: (x) => clip(x / 6 + 0.5, 0, 1),
  hard_swish: (x) => x * clip(x / 6 + 0.5, 0, 1),
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  exponential: Math.exp,
};

const points = [-4.5, -3, -1.7, -0.3, 0, 0.2, 1, 2.9, 4, 6.5];
const row = tensor("float64", [1, points.length], points);
const chain = (activation: Activation, alpha?: number) =>
  networkFrom({
    input: { shape: [points.length] },
    layers: [{ type: "activation", activation, ...(alpha === undefined ? {} : { alpha }) }],
  });

for (const activation of activations) {
  if (activation === "softmax") continue;
  test(`${activation} follows its formula`, async () => {
    close(await outputOf(chain(activation), row), points.map(formulas[activation]));
  });
}

test("alpha is the slope of leaky_relu and the scale of elu", async () => {
  const [slope, scale] = [0.3, 2];
  const leaky = points.map((x) => (x > 0 ? x : slope * x));
  close(await outputOf(chain("leaky_relu", slope), row), leaky);
  close(
    await outputOf(chain("leaky_relu", 1.5), row),
    points.map((x) => (x > 0 ? x : 1.5 * x)),
  );
  close(
    await outputOf(chain("elu", scale), row),
    points.map((x) => (x > 0 ? x : scale * Math.expm1(x))),
  );
});

test("softmax sums to one over the last axis, wherever its numbers lie", async () => {
  const { x, y } = await layerOutput([2, 4], { type: "activation", activation: "softmax" });
  const expected = Array.from({ length: 6 }, (_, at) => {
    const powers = Array.from(x.data.slice(at * 4, at * 4 + 4), Math.exp);
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / total);
  });
  close(y, expected.flat());
  const network = networkFrom({
    input: { shape: [3] },
    layers: [{ type: "activation", activation: "softmax" }],
  });
  const far = tensor("float64", [2, 3], [1e4, 1e4, -1e4, -1e4, -1e4 - 1, -1e4 - 2]);
  const total = 1 + Math.exp(-1) + Math.exp(-2);
  const tail = [0, -1, -2].map((power) => Math.exp(power) / total);
  close(await outputOf(network, far), [0.5, 0.5, 0, ...tail]);
});

test("values and derivatives stay finite far from zero", async () => {
  const far = tensor("float64", [1, 6], [-1e4, -800, -50, 50, 800, 1e4]);
  for (const activation of activations) {
    if (activation === "exponential") continue;
    const network = networkFrom({
      input: { shape: [6] },
      layers: [{ type: "activation", activation }],
    });
    const x = input("x", [1, 6]);
    const y = network.apply(new Map(), x, "inference");
    const [slope] = gradient(sum(y), [x]);
    assert(slope !== undefined);
    const values = await evaluate({ y, slope }, [x, far]);
    for (const value of Object.values(values)) {
      assert(value.data.every(Number.isFinite), `${activation}: ${value.data}`);
    }
  }
});
