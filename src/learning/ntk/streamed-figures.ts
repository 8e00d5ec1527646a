/**
 * Figures of a full kernel from its strips, each looked at once: norms, trace and alignment. What
 * needs the kernel again, its eigenvalues, is in kernel-file.ts.
 */
import type { Tensor } from "#engine/tensor.ts";
import type { Alignment } from "./alignment.ts";
import { centreColumns } from "./alignment.ts";
import type { KernelStrip } from "./strips.ts";
import { numbersOf } from "./targets.ts";

/** With R[i, p, q] = Σ_j K[i, p, j, q]. */
interface Sums {
  trace: number;
  /** ‖K‖². */
  squares: number;
  /** Σ R². */
  rowSquares: number;
  /** yᵀKy, and the same with y centred over examples. */
  form: number;
  centredForm: number;
}

export class StreamedFigures {
  readonly #examples: number;
  readonly #outputs: number;
  readonly #sums: Sums = { trace: 0, squares: 0, rowSquares: 0, form: 0, centredForm: 0 };
  /** Σ_i R[i, p, q], [O, O]. */
  readonly #totals: Float64Array;
  readonly #layerTraces = new Map<string, number>();
  /** [N, O], and centred; zeros where there are no targets. */
  readonly #y: Float64Array;
  readonly #centred: Float64Array;

  /** @param targets [N, O], or undefined where there are none. */
  constructor(examples: number, outputs: number, targets: Tensor | undefined) {
    this.#examples = examples;
    this.#outputs = outputs;
    this.#totals = new Float64Array(outputs ** 2);
    const size = examples * outputs;
    this.#y = targets === undefined ? new Float64Array(size) : numbersOf(targets).y;
    this.#centred = centreColumns(this.#y, examples, outputs);
  }

  get trace(): number {
    return this.#sums.trace;
  }

  /** ‖K‖. */
  get norm(): number {
    return Math.sqrt(this.#sums.squares);
  }

  get layerTraces(): ReadonlyMap<string, number> {
    return this.#layerTraces;
  }

  /**
   * As of `alignmentOf`. For symmetric K, over planes M = K[:, p, :, q] and with H = I − 11ᵀ/N:
   * Σ‖HMH‖² = Σ‖M‖² − (2/N) Σ‖M1‖² + (1/N²) Σ(1ᵀM1)².
   */
  get alignment(): Alignment {
    const n = this.#examples;
    const { squares, rowSquares, form, centredForm } = this.#sums;
    const centredSquares = squares - (2 / n) * rowSquares + squareOf(this.#totals) / n ** 2;
    const ofTargets = (y: Float64Array): number => squareOf(y);
    return {
      plain: form / (Math.sqrt(squares) * ofTargets(this.#y)),
      centred: centredForm / (Math.sqrt(centredSquares) * ofTargets(this.#centred)),
    };
  }

  add({ from, count, rows, layerTraces }: KernelStrip): void {
    for (const [layer, trace] of layerTraces) {
      this.#layerTraces.set(layer, (this.#layerTraces.get(layer) ?? 0) + trace);
    }
    const across = this.#examples * this.#outputs;
    for (let row = 0; row < count * this.#outputs; row += 1) {
      const numbers = rows.data.subarray(row * across, (row + 1) * across);
      this.#addRow(from * this.#outputs + row, numbers);
    }
  }

  /** Row number `at` of the matrix, [N, O]. */
  #addRow(at: number, row: Tensor["data"]): void {
    const sums = this.#sums;
    const [y, centred, outputs] = [this.#y, this.#centred, this.#outputs];
    const bySecond = new Float64Array(outputs);
    let [squares, form, centredForm] = [0, 0, 0];
    let q = 0;
    for (let j = 0; j < row.length; j += 1) {
      const value = row[j] as number;
      squares += value * value;
      form += value * (y[j] as number);
      centredForm += value * (centred[j] as number);
      bySecond[q] = (bySecond[q] as number) + value;
      q = q + 1 === outputs ? 0 : q + 1;
    }
    sums.trace += row[at] ?? 0;
    sums.squares += squares;
    sums.form += form * (y[at] ?? 0);
    sums.centredForm += centredForm * (centred[at] ?? 0);
    sums.rowSquares += squareOf(bySecond);
    const p = (at % outputs) * outputs;
    for (const [second, value] of bySecond.entries()) {
      this.#totals[p + second] = (this.#totals[p + second] ?? 0) + value;
    }
  }
}

function squareOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
