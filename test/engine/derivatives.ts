/** What a derivative must satisfy, as assertions over any graph, at points given or drawn. */
import assert from "node:assert/strict";
import { transposeLinear } from "#engine/autodiff/backward.ts";
import { linearise } from "#engine/autodiff/forward.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { input } from "#engine/graph/build.ts";
import { inputsOf } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { tensor } from "#engine/tensor.ts";
import type { Case } from "#test/contracts/backend/case.ts";
import { built, drawn, uniform } from "#test/contracts/backend/case.ts";
import { scaleOf } from "#test/contracts/backend/close.ts";

export type Point = ReadonlyMap<InputNode, Tensor>;

/** Values of the outputs at a point, by the reference in float64. */
export async function evaluate(outputs: readonly Node[], point: Point): Promise<Tensor[]> {
  const inputs = inputsOf(outputs);
  const named = Object.fromEntries(outputs.map((node, at) => [`${at}`, node]));
  const procedure = { name: "test", constants: [], inputs, outputs: named };
  await using callable = await referenceBackend().compile(procedure, "float64");
  const values = inputs.map((node) => [node.attributes.name, point.get(node)] as const);
  const bound = values.filter((pair): pair is readonly [string, Tensor] => pair[1] !== undefined);
  const results = await callable.call(Object.fromEntries(bound));
  return outputs.map((_, at) => results[`${at}`] ?? tensor("float64", [], [NaN]));
}

/** Standard uniform values in [−1, 1] of a node's shape. */
function direction(node: Node, random: () => number): Tensor {
  return drawn({ kind: "real", shape: node.shape, low: -1, high: 1, grain: 0 }, random, true);
}

/** Σ aᵢbᵢ and Σ |aᵢbᵢ|. */
function dot(a: Tensor, b: Tensor): { readonly sum: number; readonly size: number } {
  let [sum, size] = [0, 0];
  for (const [at, value] of a.data.entries()) {
    const product = value * (b.data[at] ?? NaN);
    sum += product;
    size += Math.abs(product);
  }
  return { sum, size };
}

/** The point moved by `step` along tangents. */
function moved(point: Point, tangents: Point, step: number): Point {
  return new Map(
    [...point].map(([node, value]) => {
      const along = tangents.get(node)?.data;
      const data = value.data.slice();
      if (along)
        for (const [i, delta] of along.entries()) data[i] = (data[i] ?? NaN) + step * delta;
      return [node, { ...value, data }];
    }),
  );
}

/**
 * ‖Jv − (f(x + hv) − f(x − hv)) / 2h‖∞ ≤ 1e-7 of scale, and |⟨Jv, u⟩ − ⟨v, Jᵀu⟩| ≤ 1e-12 of the
 * summands' magnitude, for one random v and u; every real input of the point moves.
 */
export async function assertDerivative(output: Node, point: Point, seed = 1): Promise<void> {
  const random = uniform(seed);
  const wrt = [...point.keys()].filter((node) => node.kind === "real");
  const linear = linearise([output], wrt);
  const tangents = new Map(wrt.map((node) => [node, direction(node, random)]));
  const u = direction(output, random);
  const cotangent = input("cotangent", output.shape);
  const transposed = transposeLinear(linear, [cotangent]);
  const both = new Map(point);
  for (const [at, node] of linear.tangentInputs.entries()) {
    const along = tangents.get(wrt[at] ?? node);
    if (along) both.set(node, along);
  }
  both.set(cotangent, u);
  const [jv = u, ...jtu] = await evaluate([...linear.tangentOutputs, ...transposed], both);

  const step = 1e-5;
  const [[ahead = u], [behind = u]] = await Promise.all([
    evaluate([output], moved(point, tangents, step)),
    evaluate([output], moved(point, tangents, -step)),
  ]);
  const bound = 1e-7 * scaleOf(jv.data);
  for (const [at, value] of jv.data.entries()) {
    const difference = ((ahead.data[at] ?? NaN) - (behind.data[at] ?? NaN)) / (2 * step);
    const near = Math.abs(value - difference) <= bound;
    assert.ok(near, `${output.op}: jvp[${at}] is ${value}, differences give ${difference}`);
  }

  const left = dot(jv, u);
  let [right, scale] = [0, 1 + left.size];
  for (const [at, node] of wrt.entries()) {
    const [v, w] = [tangents.get(node), jtu[at]];
    assert.ok(v && w, "a cotangent is missing");
    assert.deepEqual([...w.shape], [...node.shape], "cotangents have the inputs' shapes");
    right += dot(v, w).sum;
    scale += dot(v, w).size;
  }
  const near = Math.abs(left.sum - right) <= 1e-12 * scale;
  assert.ok(near, `${output.op}: ⟨Jv, u⟩ = ${left.sum}, ⟨v, Jᵀu⟩ = ${right}`);
}

/** The same for a case, at continuous values so that no kink is hit. */
export async function assertCase(one: Case, seed: number): Promise<void> {
  const random = uniform(seed);
  const { inputs, output } = built(one);
  if (output.kind !== "real") return;
  const point = new Map<InputNode, Tensor>();
  for (const [at, node] of inputs.entries()) {
    const operand = one.operands[at];
    if (operand !== undefined) point.set(node, drawn(operand, random, true));
  }
  await assertDerivative(output, point, seed + 1);
}
