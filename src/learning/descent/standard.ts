/**
 * Ordinary training as a program: the loss of the network itself, differentiated where it stands.
 * It is also the linearised step of period 1, then with the anchor trailing one step behind.
 */
import type { Program } from "#engine/backend.ts";
import { input, reshape } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import { batchNodes, found, outputsOf, parameterInputs } from "#learning/examples.ts";
import { chanceInputs } from "./chance.ts";
import { partSize } from "./parts.ts";
import { stepProgram, type Task } from "./step.ts";

export interface StandardForm {
  readonly type: "standard";
  /**
   * Carries the weights before each step as `anchor/…`: with period 1 they are the anchor of that
   * step, whose f_lin equals f because θ = θ_s.
   */
  readonly trailing: boolean;
  /** Whether a scanned `reset` forgets the optimiser's state. */
  readonly resets: boolean;
}

/** The network as a training step sees it: batch statistics and dropout act. */
function trainingPass(network: Network, weights: ReadonlyMap<string, Node>, x: Node) {
  const chance = chanceInputs();
  const trained = network.train?.(weights, x, chance.uniform);
  if (trained === undefined) {
    const f = outputsOf(network, weights, { x, mode: "training" });
    return { f, updates: new Map<string, Node>(), chance };
  }
  const f = reshape(trained.output, [x.shape[0] ?? 0, sizeOf(network.outputShape)]);
  return { f, updates: trained.updates, chance };
}

export function standardProgram(task: Task, form: StandardForm): Program {
  const { network } = task;
  const { parts = 1 } = task;
  const batch = batchNodes(task.train, partSize(task, parts));
  const weights = parameterInputs(network, "weights");
  const { f, updates, chance } = trainingPass(network, weights, batch.x);
  const reset: InputNode | null = form.resets ? input("reset", [], "boolean") : null;
  const anchor = form.trailing ? parameterInputs(network, "anchor") : new Map<string, InputNode>();
  const carried = [...anchor].map(([name, node]) => ({
    input: node,
    output: found(weights, name),
  }));
  return stepProgram(
    task,
    { weights, predicted: f, outputs: f, point: weights, anchor: null, reset },
    {
      name: "standard",
      batch,
      invariants: [],
      carried,
      scanned: [...(reset === null ? [] : [reset]), ...chance.scanned],
      emitted: {},
      updates,
      constants: chance.constants,
      parts,
    },
  );
}
