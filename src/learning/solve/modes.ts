/**
 * First-order methods with fixed coefficients on a quadratic, one eigenvalue at a time: what a step
 * does to a mode is an affine map, and any number of steps is a power of it. Knows no network.
 */

/** How a step moves: v ← μv + g, x ← x − ηv, or x − η(g + μv) with Nesterov; decay w adds w·x. */
export interface StepRule {
  readonly rate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly decay: number;
}

/**
 * The state of a mode: residual r and its velocity m, coefficient c and its velocity u, and 1. The
 * gradient of r is (λ/n + w)r + k, that of c is r/n + wc.
 */
export const modeSize = 5;
const cells = modeSize * modeSize;

/**
 * Writes A − I for one step of a mode, A being its affine map. Powers are kept less the identity,
 * as expm1 keeps eˣ, so that a slow mode loses no digits over many steps.
 */
export function stepOf(
  rule: StepRule,
  mode: { readonly eigenvalue: number; readonly examples: number; readonly constant: number },
  into: Float64Array,
): void {
  const { rate, momentum, nesterov, decay } = rule;
  const along = rate * (nesterov ? 1 + momentum : 1);
  const carried = rate * (nesterov ? momentum * momentum : momentum);
  const slope = mode.eigenvalue / mode.examples + decay;
  // Along a null direction Jᵀ is zero, so that coefficients mean nothing: they rest.
  const share = mode.eigenvalue === 0 ? 0 : 1 / mode.examples;
  into.fill(0);
  into.set([-along * slope, -carried, 0, 0, -along * mode.constant], 0);
  into.set([slope, momentum - 1, 0, 0, mode.constant], modeSize);
  into.set([-along * share, 0, -along * decay, -carried, 0], 2 * modeSize);
  into.set([share, 0, decay, momentum - 1, 0], 3 * modeSize);
}

/** C = (I + A)(I + B) − I = A + B + AB. `into` is neither of them. */
function compose(a: Float64Array, b: Float64Array, into: Float64Array): void {
  for (let row = 0; row < modeSize - 1; row += 1) {
    for (let column = 0; column < modeSize; column += 1) {
      let sum = 0;
      for (let k = 0; k < modeSize; k += 1) {
        sum += (a[row * modeSize + k] as number) * (b[k * modeSize + column] as number);
      }
      const at = row * modeSize + column;
      into[at] = (a[at] as number) + (b[at] as number) + sum;
    }
  }
}

/** Replaces A − I by Aᵗ − I, t ≥ 1, by repeated squaring. */
export function raise(step: Float64Array, times: number): void {
  let power = step.slice();
  let spare = new Float64Array(cells);
  let found: Float64Array | null = null;
  for (let left = times; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      if (found === null) {
        found = power.slice();
      } else {
        const next = new Float64Array(cells);
        compose(found, power, next);
        found = next;
      }
    }
    if (left > 1) {
      compose(power, power, spare);
      [power, spare] = [spare, power];
    }
  }
  if (found !== null) step.set(found);
}

/** The states of many modes, one array for each of r, m, c, u. */
export interface Modes {
  readonly r: Float64Array;
  readonly m: Float64Array;
  readonly c: Float64Array;
  readonly u: Float64Array;
}

export function copyModes({ r, m, c, u }: Modes): Modes {
  return { r: r.slice(), m: m.slice(), c: c.slice(), u: u.slice() };
}

/** `times` steps of every mode at once. */
export class Jump {
  readonly #maps: Float64Array;

  constructor(
    rule: StepRule,
    modes: {
      readonly eigenvalues: Float64Array;
      readonly constants: Float64Array;
      readonly examples: number;
    },
    times: number,
  ) {
    const { eigenvalues, constants, examples } = modes;
    this.#maps = new Float64Array(eigenvalues.length * cells);
    const map = new Float64Array(cells);
    for (const [at, eigenvalue] of eigenvalues.entries()) {
      stepOf(rule, { eigenvalue, examples, constant: constants[at] as number }, map);
      if (times > 1) raise(map, times);
      this.#maps.set(map, at * cells);
    }
  }

  /** Moves the states in place. */
  apply({ r, m, c, u }: Modes): void {
    const maps = this.#maps;
    const at = (base: number, row: number, column: number): number =>
      maps[base + row * modeSize + column] as number;
    for (let i = 0; i < r.length; i += 1) {
      const base = i * cells;
      const [r0, m0, c0, u0] = [r[i] as number, m[i] as number, c[i] as number, u[i] as number];
      r[i] = r0 + at(base, 0, 0) * r0 + at(base, 0, 1) * m0 + at(base, 0, 4);
      m[i] = m0 + at(base, 1, 0) * r0 + at(base, 1, 1) * m0 + at(base, 1, 4);
      c[i] =
        c0 +
        at(base, 2, 0) * r0 +
        at(base, 2, 1) * m0 +
        at(base, 2, 2) * c0 +
        at(base, 2, 3) * u0 +
        at(base, 2, 4);
      u[i] =
        u0 +
        at(base, 3, 0) * r0 +
        at(base, 3, 1) * m0 +
        at(base, 3, 2) * c0 +
        at(base, 3, 3) * u0 +
        at(base, 3, 4);
    }
  }
}
