/**
 * What powers of a positive semidefinite matrix make of a few vectors, from products alone: a basis
 * of the block Krylov space by Lanczos with full reorthogonalisation, and the matrix on it (Golub &
 * Van Loan, Matrix Computations, 10.3; Saad 1992 for functions of matrices). Knows no networks.
 */
import { addScaled, dot, type Product } from "./conjugate-gradients.ts";
import { eigenSymmetric } from "./eigen.ts";
import { dotAt, type ModeBasis, timesColumns, timesRows } from "./mode-basis.ts";

export interface KrylovOptions {
  readonly product: Product;
  readonly size: number;
  /** Vectors that the space holds, [n] each. */
  readonly starts: readonly Float64Array[];
  /** Products at most. */
  readonly vectorsMax: number;
  /** Looked at now and then: whether no more products are wanted. */
  readonly isEnough: (basis: Krylov) => boolean;
}

/** V and T = VᵀΘV, turned into Ritz values and vectors. */
export class Krylov implements ModeBasis {
  readonly values: Float64Array;
  readonly rows: Float64Array;
  /** Whether Θ leaves the space alone, so that nothing is left out however often it is applied. */
  readonly isWhole: boolean;
  readonly #n: number;
  readonly #vectors: Float64Array;
  /** Coordinates of Θv for the last vectors along those that follow: rows of [column, value]. */
  readonly #spills: readonly (readonly (readonly [number, number])[])[];

  constructor(
    size: number,
    vectors: readonly Float64Array[],
    columns: readonly (readonly number[])[],
  ) {
    const m = columns.length;
    this.#n = size;
    const matrix = new Float64Array(m * m);
    for (const [low, column] of columns.entries()) {
      for (let high = low; high < m; high += 1) {
        const value = column[high] ?? 0;
        matrix[low * m + high] = value;
        matrix[high * m + low] = value;
      }
    }
    const eigen = eigenSymmetric(matrix, m, { vectors: true });
    const least = Number.EPSILON * this.#n * (eigen.values[m - 1] ?? 0);
    this.values = eigen.values.map((value) => (value < least ? 0 : value));
    this.#vectors = eigen.vectors ?? new Float64Array(m * m).fill(Number.NaN);
    this.rows = new Float64Array(m * this.#n);
    for (let row = 0; row < m; row += 1) {
      this.rows.set(vectors[row] as Float64Array, row * this.#n);
    }
    const beyond = Array.from({ length: vectors.length - m }, (_, at) => m + at);
    this.#spills = beyond.map((row) =>
      columns.flatMap((column, at) => {
        const value = column[row] ?? 0;
        return value === 0 ? [] : [[at, value] as const];
      }),
    );
    this.isWhole = beyond.length === 0;
  }

  into(x: Float64Array): Float64Array {
    const m = this.values.length;
    return timesRows(this.#vectors, timesRows(this.rows, x, m), m);
  }

  outOf(modes: Float64Array): Float64Array {
    return timesColumns(this.rows, this.onRows(modes), this.#n);
  }

  onRows(modes: Float64Array): Float64Array {
    return timesColumns(this.#vectors, modes, this.values.length);
  }

  /** ‖Θx − VTVᵀx‖ for the x in the space with these modes: what the space leaves out. */
  spill(modes: Float64Array): number {
    const m = this.values.length;
    let total = 0;
    for (const row of this.#spills) {
      let sum = 0;
      for (const [column, value] of row) {
        let along = 0;
        for (let k = 0; k < m; k += 1) {
          along += (modes[k] as number) * (this.#vectors[k * m + column] as number);
        }
        sum += value * along;
      }
      total += sum * sum;
    }
    return Math.sqrt(total);
  }
}

/** The last vectors, along which nearly all of a product lies. */
const nearCount = 8;
/** Passes over all earlier vectors at most. */
const passesMax = 3;
/** Share of a length that a pass must leave: of less, much would be rounding. */
const restMin = 0.5;

const lengthOf = (v: Float64Array): number => Math.sqrt(dot(v, v));

/**
 * Takes what lies along `earlier` out of v and adds it to `taken`; returns the length that is left.
 * Passes are repeated until they take little (Parlett, The Symmetric Eigenvalue Problem, 6.9).
 */
function orthogonalise(v: Float64Array, earlier: readonly Float64Array[], taken: number[]): number {
  const from = Math.max(0, earlier.length - nearCount);
  const pass = (first: number): void => {
    for (let at = first; at < earlier.length; at += 1) {
      const other = earlier[at] as Float64Array;
      const along = dotAt(other, v);
      taken[at] = (taken[at] ?? 0) + along;
      addScaled(v, -along, other);
    }
  };
  pass(from);
  let length = lengthOf(v);
  for (let passes = 0; passes < passesMax; passes += 1) {
    const before = length;
    pass(0);
    length = lengthOf(v);
    if (!(length < restMin * before)) break;
  }
  return length;
}

/** Roundings of the longest image up to which a new part is nothing but rounding. */
const newShareMin = 32 * Number.EPSILON;

/**
 * Appends the part of v that is new, of length 1; returns that part's length, 0 for none. What is
 * new is told by the longest image there was: those of a null direction are rounding as a whole.
 */
function extend(
  vectors: Float64Array[],
  v: Float64Array,
  { taken, longest }: { readonly taken: number[]; readonly longest: number },
): number {
  const norm = orthogonalise(v, vectors, taken);
  if (vectors.length >= v.length || norm <= newShareMin * longest) return 0;
  vectors.push(v.map((value) => value / norm));
  return norm;
}

/** Products after which the basis is looked at; each look takes m³. */
const nextLook = (count: number): number => Math.ceil(count * 1.25) + 2;

/**
 * The space of the starts, grown until it is enough, whole, or as large as it may be. Numbers that
 * are not finite come back as modes that are not.
 */
export async function krylovBasis(options: KrylovOptions): Promise<Krylov> {
  const { product, size, starts, vectorsMax, isEnough } = options;
  const vectors: Float64Array[] = [];
  for (const start of starts) {
    extend(vectors, start.slice(), { taken: [], longest: lengthOf(start) });
  }
  let longest = 0;
  const columns: number[][] = [];
  let look = vectors.length + 2;
  for (const least = vectors.length; columns.length < vectors.length; ) {
    const image = (await product(vectors[columns.length] as Float64Array)).slice();
    const column: number[] = [];
    longest = Math.max(longest, lengthOf(image));
    const norm = extend(vectors, image, { taken: column, longest });
    if (norm > 0) column.push(norm);
    columns.push(column);
    const count = columns.length;
    const isLast = count >= vectorsMax && count >= least;
    const isBroken = !Number.isFinite(norm);
    if (count < look && !isLast && !isBroken && count < vectors.length) continue;
    const basis = new Krylov(size, vectors, columns);
    if (isLast || isBroken || basis.isWhole || isEnough(basis)) return basis;
    look = nextLook(count);
  }
  return new Krylov(size, vectors, columns);
}
