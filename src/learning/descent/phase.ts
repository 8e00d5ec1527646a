/**
 * One linear phase as it looks from the span of the Jacobian: θ = θ_s + Jᵀc + a₁θ_s + a₂v₀ + a₃d₀,
 * with v₀ the velocity and d₀ the displacement that the phase was entered with. Holds values and
 * their algebra on the host; steps are elsewhere.
 */
import type { Precision, Tensors } from "#engine/backend.ts";
import { type Tensor, tensor, zeros } from "#engine/tensor.ts";
import { averageIn } from "#learning/averaging.ts";
import type { Slot } from "#learning/optimizer.ts";
import type { Product } from "#learning/solve/conjugate-gradients.ts";
import { slotName } from "./step.ts";

/** Directions beside the rows of the Jacobian: θ_s, v₀, d₀. */
export const extraCount = 3;

/** Where a phase was entered. */
export interface Base {
  /** θ_s, with the network's state. */
  readonly anchor: Tensors;
  /** v₀ by parameter; null where it is zero. */
  readonly velocity: Tensors | null;
  /** d₀ = θ − θ_s by parameter; null where it is zero. */
  readonly displacement: Tensors | null;
  /** ā by parameter; null without averaging. */
  readonly average: Tensors | null;
}

/** What a step replaces; `moved` is f_lin − f_s = Θc + Ea, or the same of the velocity. */
export interface Coordinates {
  /** [N · O] */
  readonly c: Float64Array;
  /** [3] */
  readonly a: Float64Array;
  /** [N · O] */
  readonly moved: Float64Array;
}

/**
 * An average of θ over steps of the phase, by shares that sum to 1 − `kept`; the average that the
 * phase was entered with has the rest.
 */
export interface Averaged {
  readonly c: Float64Array;
  readonly a: Float64Array;
  readonly kept: number;
}

/** θ, and the velocity where the optimiser has one. */
export interface Coefficients {
  readonly weights: Coordinates;
  readonly momentum: Coordinates | null;
  /** Null without averaging. */
  readonly average: Averaged | null;
}

/** What is fixed within a phase. */
export interface Setting {
  /** Θ, [N, O · N · O]; null unless the kernel itself is asked for. */
  readonly kernel: Tensor | null;
  /** Θv; null unless products are asked for. */
  readonly product: Product | null;
  /** What the steps of a `dividedProduct` read of an anchor; null where something else is asked for. */
  readonly primals: Tensors | null;
  /** Finds Θ after all, where products do not do; absent where nobody will ask. */
  readonly whole?: () => Promise<Tensor>;
  /** f_s, [N · O]. */
  readonly outputs: Float64Array;
  /** E, the images of the extra directions: three of [N · O]; null where all are zero or unused. */
  readonly images: readonly Float64Array[] | null;
  /** Inner products of the extra directions, [3 · 3]. */
  readonly gram: Float64Array;
}

const momentumSlot: Slot = "momentum";

function isZero(values: Tensors): boolean {
  return Object.values(values).every(({ data }) => {
    for (let at = 0; at < data.length; at += 1) if (data[at] !== 0) return false;
    return true;
  });
}

const orNull = (values: Tensors): Tensors | null => (isZero(values) ? null : values);

/** θ − θ_s by parameter, in float64. */
function difference(parameters: readonly string[], a: Tensors, b: Tensors): Tensors {
  return Object.fromEntries(
    parameters.map((name) => {
      const left = a[name] as Tensor;
      const right = (b[name] as Tensor).data;
      const value = zeros("float64", left.shape);
      const data = left.data;
      for (let at = 0; at < data.length; at += 1) {
        value.data[at] = (data[at] as number) - (right[at] as number);
      }
      return [name, value];
    }),
  );
}

/** The base of a phase entered at θ with anchor θ_s and the optimiser's state. */
export function baseFrom(
  parameters: readonly string[],
  state: {
    readonly weights: Tensors;
    readonly anchor: Tensors | null;
    readonly optimizer: Tensors;
  },
  averages: boolean,
): Base {
  const anchor = state.anchor ?? state.weights;
  const velocity = Object.fromEntries(
    parameters.flatMap((name) => {
      const value = state.optimizer[slotName(momentumSlot, name)];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const isAtAnchor = anchor === state.weights;
  return {
    anchor,
    velocity: orNull(velocity),
    average: averages ? averageIn(parameters, state) : null,
    displacement: isAtAnchor ? null : orNull(difference(parameters, state.weights, anchor)),
  };
}

/** The directions θ_s, v₀, d₀ in order; null is zero. */
export function directionsOf(base: Base, decaysToZero: boolean): readonly (Tensors | null)[] {
  return [decaysToZero ? base.anchor : null, base.velocity, base.displacement];
}

function inner(parameters: readonly string[], a: Tensors | null, b: Tensors | null): number {
  if (a === null || b === null) return 0;
  let total = 0;
  for (const name of parameters) {
    const left = a[name]?.data ?? [];
    const right = b[name]?.data ?? [];
    for (let at = 0; at < left.length; at += 1) {
      total += (left[at] as number) * (right[at] as number);
    }
  }
  return total;
}

export function gramOf(
  parameters: readonly string[],
  directions: readonly (Tensors | null)[],
): Float64Array {
  return Float64Array.from({ length: extraCount ** 2 }, (_, at) =>
    inner(
      parameters,
      directions[Math.floor(at / extraCount)] ?? null,
      directions[at % extraCount] ?? null,
    ),
  );
}

/** Coefficients at the entry of a phase: θ = θ_s + d₀ and velocity v₀. */
export function entryCoefficients(
  size: number,
  images: Setting["images"],
  has: { readonly momentum: boolean; readonly average: boolean },
): Coefficients {
  const along = (extra: number): Coordinates => {
    const a = new Float64Array(extraCount);
    a[extra] = images === null ? 0 : 1;
    return {
      c: new Float64Array(size),
      a,
      moved: images?.[extra]?.slice() ?? new Float64Array(size),
    };
  };
  const none = { c: new Float64Array(size), a: new Float64Array(extraCount), kept: 1 };
  return {
    weights: along(2),
    momentum: has.momentum ? along(1) : null,
    average: has.average ? none : null,
  };
}

/** pulled + a₁θ_s + a₂v₀ + a₃d₀ + `anchor`·θ_s + `kept`·ā₀, in `precision`. */
export function combined(
  parameters: readonly string[],
  base: Base,
  parts: {
    readonly pulled: Tensors;
    readonly a: Float64Array;
    readonly anchor: number;
    readonly kept: number;
    readonly precision: Precision;
  },
): Tensors {
  const { pulled, a, anchor, kept, precision } = parts;
  const [ofAnchor = 0, ofVelocity = 0, ofDisplacement = 0] = a;
  const terms: readonly (readonly [number, Tensors | null])[] = [
    [ofAnchor + anchor, base.anchor],
    [ofVelocity, base.velocity],
    [ofDisplacement, base.displacement],
    [kept, base.average],
  ];
  const most = Math.max(0, ...parameters.map((name) => pulled[name]?.data.length ?? 0));
  // Sums are of float64 whatever the precision, in memory that serves one parameter after another.
  const scratch = new Float64Array(most);
  return Object.fromEntries(
    parameters.map((name) => {
      const { data: first, shape } = pulled[name] as Tensor;
      const sum = scratch.subarray(0, first.length);
      sum.set(first);
      for (const [factor, vector] of terms) {
        const data = vector?.[name]?.data;
        if (factor === 0 || data === undefined) continue;
        for (let at = 0; at < sum.length; at += 1) {
          sum[at] = (sum[at] as number) + factor * (data[at] as number);
        }
      }
      return [name, tensor(precision, shape, sum)];
    }),
  );
}
