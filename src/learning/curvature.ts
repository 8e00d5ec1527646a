/**
 * A loss at given outputs, on the host in float64: its value, and for each example a square root R
 * of its Hessian in outputs and s with Rs its gradient. Graphs of the same losses are in loss.ts.
 */
import type { Loss } from "#schemas/algorithm.ts";

export interface Curvature {
  /** Mean over examples. */
  readonly loss: number;
  /** n times the gradient of the mean in outputs, [N · O]. */
  readonly gradient: Float64Array;
  /** s with Rs = gradient, [N · O]. */
  readonly source: Float64Array;
  /** R x, example by example; RRᵀ is the Hessian of an example's loss. */
  readonly root: (x: Float64Array) => Float64Array;
  /** Rᵀ x. */
  readonly transposed: (x: Float64Array) => Float64Array;
}

/** Least probability that is divided by; below, a class has no curvature left in float64. */
const probabilityMin = 1e-30;

/** Of outputs f and targets, both [N · O]. */
export function curvatureOf(
  loss: Loss,
  f: Float64Array,
  how: { readonly targets: Float64Array; readonly examples: number },
): Curvature {
  switch (loss) {
    case "mean_squared_error":
      return squares(f, how);
    case "softmax_cross_entropy":
      return softmax(f, how);
    case "sigmoid_cross_entropy":
      return sigmoid(f, how);
    default:
      return loss satisfies never;
  }
}

interface How {
  readonly targets: Float64Array;
  readonly examples: number;
}

const at = (values: Float64Array, i: number): number => values[i] as number;

function squares(f: Float64Array, { targets, examples }: How): Curvature {
  const gradient = f.map((value, i) => value - at(targets, i));
  const sum = gradient.reduce((total, value) => total + value * value, 0);
  const same = (x: Float64Array): Float64Array => x.slice();
  const loss = sum / (2 * examples);
  return { loss, gradient, source: gradient, root: same, transposed: same };
}

/** R = diag(√(σ(1 − σ))). */
function sigmoid(f: Float64Array, { targets, examples }: How): Curvature {
  const chance = f.map((value) => 1 / (1 + Math.exp(-value)));
  const gradient = chance.map((value, i) => value - at(targets, i));
  const roots = chance.map((value) => Math.sqrt(Math.max(value * (1 - value), probabilityMin)));
  let total = 0;
  for (const [i, value] of f.entries()) {
    total += Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))) - at(targets, i) * value;
  }
  const scaled = (x: Float64Array): Float64Array => x.map((value, i) => value * at(roots, i));
  const source = gradient.map((value, i) => value / at(roots, i));
  return { loss: total / examples, gradient, source, root: scaled, transposed: scaled };
}

/** diag(p) − ppᵀ = RRᵀ with R = diag(q)(I − qqᵀ), q = √p; s = (p − y)/q, to which q is normal. */
function softmax(f: Float64Array, { targets, examples }: How): Curvature {
  const outputs = f.length / examples;
  const q = new Float64Array(f.length);
  let loss = 0;
  for (let n = 0; n < examples; n += 1) {
    const row = f.subarray(n * outputs, (n + 1) * outputs);
    const top = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (const value of row) total += Math.exp(value - top);
    for (const [k, value] of row.entries()) {
      q[n * outputs + k] = Math.sqrt(Math.max(Math.exp(value - top) / total, probabilityMin));
      loss -= at(targets, n * outputs + k) * (value - top - Math.log(total));
    }
    if (!Number.isFinite(total)) loss = Number.NaN;
  }
  const gradient = q.map((value, i) => value * value - at(targets, i));
  const source = gradient.map((value, i) => value / at(q, i));
  const chance = q.map((value) => value * value);
  /** For each example, q·x less w₁ times the sum of w₂·x. */
  const weighed = (
    x: Float64Array,
    [w1, w2]: readonly [w1: Float64Array, w2: Float64Array],
  ): Float64Array => {
    const out = new Float64Array(x.length);
    for (let from = 0; from < x.length; from += outputs) {
      let along = 0;
      for (let i = from; i < from + outputs; i += 1) along += at(w2, i) * at(x, i);
      for (let i = from; i < from + outputs; i += 1) {
        out[i] = at(q, i) * at(x, i) - at(w1, i) * along;
      }
    }
    return out;
  };
  return {
    loss: loss / examples,
    gradient,
    source,
    root: (x) => weighed(x, [chance, q]),
    transposed: (x) => weighed(x, [q, chance]),
  };
}
