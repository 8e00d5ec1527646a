/**
 * Averages of weights over steps, beside the weights that are trained: ā ← ā + α(θ − ā) after each
 * step, with a share α that follows from the setting and the steps done. Steps know nothing of ā.
 */
import type { Tensors } from "#engine/backend.ts";
import { add, input, multiply, subtract } from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Averaging } from "#schemas/algorithm.ts";

/** Before the name of an averaged array, where optimisers keep theirs. */
const prefix = "average/";

export const averageName = (name: string): string => prefix + name;

/** The scanned share α of a step. */
export const shareName = "averageShare";
export const shareInput = (): InputNode => input(shareName, []);

/**
 * α of the step after which `done` steps are done. ema: 1 − d, from ā = θ₀; tail: every θ counts
 * alike from step `from` on, and ā is θ before (Polyak & Juditsky 1992).
 */
export function shareAt(averaging: Averaging, done: number): number {
  switch (averaging.type) {
    case "ema":
      return 1 - averaging.decay;
    case "tail":
      return done <= averaging.from ? 1 : 1 / (done - averaging.from + 1);
    default:
      return averaging satisfies never;
  }
}

/** ā + α(θ − ā). */
export function averaged(average: Node, value: Node, share: Node): Node {
  return add(average, multiply(share, subtract(value, average)));
}

/** ā by parameter where a run stands; θ itself where no average was begun. */
export function averageIn(
  parameters: readonly string[],
  state: { readonly weights: Tensors; readonly optimizer: Tensors },
): Tensors {
  return Object.fromEntries(
    parameters.flatMap((name) => {
      const value = state.optimizer[averageName(name)] ?? state.weights[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** What of an optimiser's arrays outlives a reset. */
export function averagesOf(optimizer: Tensors): Tensors {
  return Object.fromEntries(Object.entries(optimizer).filter(([name]) => name.startsWith(prefix)));
}
