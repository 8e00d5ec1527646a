/**
 * A step in layer space: each layer's move is told by cotangents of its products, ΔW = AᵀG, so that
 * a step takes products with Gram matrices AAᵀ and none with a gradient. Parameters without such a
 * layer stay as they are. Full batches at an anchor that stays.
 */
import { gradient, transposeLinear } from "#engine/autodiff/backward.ts";
import type { Backend, Callable, Precision, Program } from "#engine/backend.ts";
import { add } from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { batchNodes, found, outputsOf, parameterInputs } from "#learning/examples.ts";
import { accuracyOf, lossOf } from "#learning/loss.ts";
import { type CoefficientPlace, dualPieces } from "./dual-steps.ts";
import { type Cut, cutAtEntrances, imageOf } from "./entrances.ts";
import { type Hoisted, hoisted, valuesFor } from "./hoisting.ts";
import type { Task } from "./step.ts";
import type { Stepping } from "./step-mover.ts";
import { prefixedWith } from "./tangents.ts";

/** The linear model of all examples, cut where parameters enter it. */
export function layersOf({ network, train }: Pick<Task, "network" | "train">) {
  const batch = batchNodes(train, null);
  const anchor = parameterInputs(network, "anchor");
  const outputs = outputsOf(network, anchor, { x: batch.x, mode: "training" });
  const point: Node[] = network.parameters.map(({ name }) => found(anchor, name));
  return { batch, anchor, outputs, point, cut: cutAtEntrances([outputs], point) };
}

const suffixOf = (at: number): string => `/${at}`;

export function layerPlaces({ entrances }: Cut): readonly CoefficientPlace[] {
  return entrances.map(({ moved, at }) => ({ suffix: suffixOf(at), shape: moved.shape }));
}

/** `extras`: whether θ_s, v₀ and d₀ are among the directions. */
export function layerProgram(task: Task, extras: boolean): Program {
  const { batch, anchor, outputs, cut } = layersOf(task);
  const [tangent] = cut.rest.tangentOutputs;
  const predicted = add(outputs, tangent as Node);
  const loss = lossOf(task.loss, predicted, batch.y);
  const cotangents = transposeLinear(cut.rest, gradient(loss, [predicted]));
  const places = cut.entrances.map((entrance, at) => {
    const cotangent = cotangents[at] as Node;
    const image = imageOf(entrance, cotangent);
    return { suffix: suffixOf(entrance.at), moved: entrance.moved, cotangent, image };
  });
  const accuracy = accuracyOf(task.loss, predicted, batch.y);
  const pieces = dualPieces(task, { places, extras, loss, accuracy });
  return {
    ...pieces,
    name: "layer space",
    constants: batch.constants,
    invariants: [...anchor.values(), ...pieces.invariants],
  };
}

/** The program in two: Gram matrices and activations of the anchor, and steps. */
export function layersDivided(task: Task, extras: boolean): Hoisted {
  const program = layerProgram(task, extras);
  const ofAnchor = ({ attributes }: InputNode) => attributes.name.startsWith("anchor/");
  return hoisted(program, program.invariants.filter(ofAnchor));
}

/** Steps on the coefficients of layers. */
export function layerStepping(
  task: Task,
  { backend, precision }: { readonly backend: Backend; readonly precision: Precision },
): Stepping {
  const callables = new Map<boolean, Promise<Callable>>();
  return {
    kind: "layers",
    places: layerPlaces(layersOf(task).cut),
    program: (extras) => layersDivided(task, extras).steps,
    async fixed({ anchor, images }) {
      const extras = images !== null;
      const { primals, steps } = layersDivided(task, extras);
      const callable = callables.get(extras) ?? backend.compile(primals, precision);
      callables.set(extras, callable);
      const named = prefixedWith("anchor", anchor);
      const kept = await (await callable).call(valuesFor(primals.inputs, named));
      return { ...valuesFor(steps.invariants, named), ...kept };
    },
    async [Symbol.asyncDispose]() {
      for (const callable of callables.values()) await (await callable)[Symbol.asyncDispose]();
    },
  };
}
