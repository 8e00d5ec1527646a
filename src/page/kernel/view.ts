/** From a kernel and the reader's choices to the heat map that is drawn. */
import { divergingDark, divergingLight, sequential } from "./colours.ts";
import type { HeatMap } from "./heat-map.ts";
import {
  bulkOf,
  byClass,
  bySimilarity,
  cosineOf,
  type Kernel,
  type Matrix,
  minus,
  ordered,
  overOutputs,
} from "./matrix.ts";

export const measures = ["kernel", "cosine", "change"] as const;
export type Measure = (typeof measures)[number];
export const orders = ["class", "similarity", "stored"] as const;
export type Order = (typeof orders)[number];

export interface Choices {
  readonly measure: Measure;
  readonly order: Order;
  readonly isWhole: boolean;
  /** Colours mean the same at every step: those of the last kernel that was looked at so. */
  readonly isFixed: boolean;
}

/** Places of the examples, by the first kernel, so that time does not shuffle them. */
export function orderOf(first: Kernel, order: Order): readonly number[] {
  if (order === "class" && first.classes !== undefined) return byClass(first.classes);
  if (order === "stored") return Array.from({ length: first.examples.size }, (_, i) => i);
  return bySimilarity(first.examples);
}

const matrixOf = (kernel: Kernel, isWhole: boolean): Matrix =>
  isWhole && kernel.whole !== undefined ? kernel.whole : kernel.examples;

function measured(kernel: Kernel, first: Kernel, { measure, isWhole }: Choices): Matrix {
  const matrix = matrixOf(kernel, isWhole);
  if (measure === "kernel") return matrix;
  if (measure === "cosine") return cosineOf(matrix);
  return minus(matrix, matrixOf(first, isWhole));
}

export interface Scene {
  readonly kernel: Kernel;
  readonly first: Kernel;
  readonly order: readonly number[];
  readonly choices: Choices;
  readonly isDark: boolean;
  /** Ends of the colours of an earlier drawing, to be widened rather than replaced. */
  readonly held: readonly [number, number] | undefined;
}

/** Share of the values that the colours tell apart; the others have the colours of the ends. */
const bulk = 0.998;

function rangeOf(matrix: Matrix, { choices, held }: Scene): readonly [number, number] {
  const [low, high] = bulkOf(matrix, bulk);
  const [from, to] = choices.isFixed && held !== undefined ? held : [low, high];
  const wide = [Math.min(low, from), Math.max(high, to)] as const;
  // Where both signs matter, zero is the middle of the colours.
  const isSigned = choices.measure !== "kernel" || wide[0] < -0.5 * wide[1];
  if (!isSigned) return wide;
  const size = choices.measure === "cosine" ? 1 : Math.max(-wide[0], wide[1]);
  return [-size, size];
}

export function mapOf(scene: Scene): HeatMap {
  const { kernel, first, order, choices, isDark } = scene;
  const matrix = measured(kernel, first, choices);
  const outputs = matrix.size / kernel.examples.size;
  const range = rangeOf(matrix, scene);
  const isSigned = range[0] === -range[1];
  const colours = !isSigned ? sequential : isDark ? divergingDark : divergingLight;
  const { classes } = first;
  const hasClasses = classes !== undefined && choices.order === "class";
  const rows = hasClasses ? order.map((n) => classes[n] ?? 0) : undefined;
  return {
    matrix: ordered(matrix, overOutputs(order, outputs)),
    range,
    colours,
    classes: rows?.flatMap((name) => new Array<number>(outputs).fill(name)),
  };
}
