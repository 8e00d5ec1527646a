/**
 * A step inside the linear model f_lin(x; θ) = f(x; θ_s) + J(x; θ_s)(θ − θ_s) (Goldwaser & Ge,
 * arXiv 2211.12345): one jvp and one vjp at the anchor θ_s. Keeping primals is residuals.ts.
 */

import { jvp } from "#engine/autodiff/forward.ts";
import type { Carried, Program } from "#engine/backend.ts";
import { add, input, select, sqrt, subtract } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { batchNodes, found, outputsOf, parameterInputs } from "#learning/examples.ts";
import { squaredNorm } from "#learning/loss.ts";
import { partSize } from "./parts.ts";
import { stepProgram, type Task } from "./step.ts";

export interface LinearisedForm {
  readonly type: "linearised";
  /**
   * `invariant`: θ_s stays during a call and is written between calls, so that what depends on it
   * alone is computed once a call. `carried`: θ_s ← θ inside the program wherever the scanned
   * `relinearise` says so, so that short periods need no call each.
   */
  readonly anchor: "invariant" | "carried";
  /** Whether the optimiser's state is forgotten at each linearisation. */
  readonly resets: boolean;
}

/** f_s [B, O] at the anchor, and f_lin [B, O] at θ. */
export function linearModel(
  network: Network,
  at: { readonly anchor: ReadonlyMap<string, Node>; readonly weights: ReadonlyMap<string, Node> },
  where: Parameters<typeof outputsOf>[2],
): { readonly outputs: Node; readonly predicted: Node; readonly moves: readonly Node[] } {
  const outputs = outputsOf(network, at.anchor, where);
  const tangents = new Map<Node, Node>();
  for (const { name } of network.parameters) {
    const node = found(at.anchor, name);
    tangents.set(node, subtract(found(at.weights, name), node));
  }
  const [tangent] = jvp([outputs], tangents);
  return { outputs, predicted: add(outputs, tangent as Node), moves: [...tangents.values()] };
}

/**
 * Iterations of a step. Full batches at an anchor that stays are not divided, because what depends
 * on the anchor alone is then computed once a call.
 */
export function linearisedParts(
  { batchSize, parts = 1 }: Task,
  { anchor }: Pick<LinearisedForm, "anchor">,
): number {
  return batchSize === null && anchor === "invariant" ? 1 : parts;
}

/** Emits `distance_from_anchor` ‖θ − θ_s‖ at the beginning of each step, beside a step's own. */
export function linearisedProgram(task: Task, form: LinearisedForm): Program {
  const { network } = task;
  const parts = linearisedParts(task, form);
  const batch = batchNodes(task.train, partSize(task, parts));
  const weights = parameterInputs(network, "weights");
  const stored = parameterInputs(network, "anchor");
  const isCarried = form.anchor === "carried";
  const relinearise: InputNode | null = isCarried ? input("relinearise", [], "boolean") : null;
  const anchor = new Map<string, Node>(stored);
  if (relinearise !== null) {
    for (const [name, node] of stored) {
      anchor.set(name, select(relinearise, found(weights, name), node));
    }
  }
  const where = { x: batch.x, mode: "training" } as const;
  const { outputs, predicted, moves } = linearModel(network, { anchor, weights }, where);
  const carried: Carried[] = [];
  if (isCarried) {
    for (const [name, node] of stored) carried.push({ input: node, output: found(anchor, name) });
  }
  // The invariant form forgets between calls, by writing zeros.
  const reset = form.resets ? relinearise : null;
  return stepProgram(
    task,
    { weights, predicted, outputs, point: anchor, anchor, reset },
    {
      name: `linearised, anchor ${form.anchor}`,
      batch,
      invariants: isCarried ? [] : [...stored.values()],
      carried,
      scanned: relinearise === null ? [] : [relinearise],
      emitted: { distance_from_anchor: sqrt(squaredNorm(moves)) },
      parts,
    },
  );
}
