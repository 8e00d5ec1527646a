/**
 * The door of the room: a definition in JSON becomes a network. Layers themselves, wires, plans and
 * initial values are in the files beside it.
 */
import assert from "node:assert/strict";
import type { Chance, Network, Parameter, Trained, Values } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape, Tensor } from "#engine/tensor.ts";
import type { Definition } from "#schemas/model.ts";
import { stream } from "#src/random.ts";
import { draw } from "./initialisers.ts";
import type { ParameterPlan, Pass } from "./layer.ts";
import { type Planned, planAll, present, scalarsOf, sourceOf } from "./planning.ts";
import { inputId, wire } from "./wiring.ts";

type Named = ParameterPlan & Parameter;

/** A parameter or an array of the state with its name in the network. */
const named = (plan: Planned, parameter: ParameterPlan): Named => ({
  ...parameter,
  name: `${plan.name}/${parameter.role}`,
  layer: plan.name,
});

const bare = ({ name, layer, shape }: Named): Parameter => ({ name, layer, shape });

function sameShape(node: Node, shape: Shape): boolean {
  return node.shape.join() === shape.join();
}

const noChance: Chance = () => assert.fail("dropout needs the pass of a training step");

/** Everything of a definition that its network's functions read. */
interface Meaning {
  readonly definition: Definition;
  readonly planned: readonly Planned[];
  /** Name of the layer that gives the output. */
  readonly output: string;
  readonly parameters: readonly Named[];
  readonly state: readonly Named[];
}

/** The output for a batch, and the updates that layers state on the way. */
function forward(
  { definition, planned, output, parameters, state }: Meaning,
  arrays: Values,
  pass: Pick<Pass, "mode" | "source" | "chance">,
): Trained {
  const { source: x } = pass;
  const { shape: inputShape, kind } = sourceOf(definition);
  assert(x.kind === kind && sameShape(x, [x.shape[0] ?? 0, ...inputShape]), "input's shape");
  for (const { name, shape } of [...parameters, ...state]) {
    assert(sameShape(present(arrays, name), shape), `shape of ${name}`);
  }
  const found = new Map<string, Node>([[inputId, x]]);
  const updates = new Map<string, Node>();
  for (const plan of planned) {
    const inputs = plan.inputs.map((name) => present(found, name));
    const weights = (role: string): Node => present(arrays, `${plan.name}/${role}`);
    const update = (role: string, value: Node): void => {
      updates.set(`${plan.name}/${role}`, value);
    };
    found.set(plan.name, plan.forward(inputs, weights, { ...pass, update }));
  }
  return { output: present(found, output), updates };
}

/** Reasons with the layer that gives each. */
const couplingOf = (planned: readonly Planned[]): string[] =>
  planned.flatMap(({ name, layer, coupling }) =>
    coupling === undefined ? [] : [`${layer.type} "${name}" ${coupling}`],
  );

/** Bound of ids, where an embedding reads them. */
function vocabularyOf(planned: readonly Planned[]): { vocabulary?: number } {
  const bounds = planned.flatMap(({ vocabulary }) => (vocabulary === undefined ? [] : vocabulary));
  return bounds.length === 0 ? {} : { vocabulary: Math.min(...bounds) };
}

/** The functions that only some networks have. */
function passesOf(meaning: Meaning): Pick<Network, "state" | "train" | "calibrate"> {
  const { planned, state } = meaning;
  const isEventful = planned.some(({ coupling }) => coupling !== undefined);
  const isCalibrated = planned.some(({ calibrated }) => calibrated === true);
  return {
    ...(state.length > 0 ? { state: state.map(bare) } : {}),
    ...(isEventful
      ? {
          train: (arrays: Values, source: Node, chance: Chance): Trained =>
            forward(meaning, arrays, { mode: "training", source, chance }),
        }
      : {}),
    ...(isCalibrated
      ? {
          calibrate: (arrays: Values, source: Node): Values =>
            forward(meaning, arrays, { mode: "calibration", source, chance: noChance }).updates,
        }
      : {}),
  };
}

/**
 * The network that a definition means. The definition fits the schema (`checkDefinition`); throws
 * Failure("invalid_model") with pointers into it where names, wires or shapes make no sense.
 * Parameters are drawn each from its own stream, named after it, so that another layer does not
 * change them; `definition.seed` stands above the seed given to `initialise`.
 */
export function networkFrom(definition: Definition): Network {
  const { wired, output } = wire(definition);
  const planned = planAll(definition, wired);
  const outputShape = planned.find(({ name }) => name === output)?.outputShape;
  assert(outputShape !== undefined, "wiring has checked the output");
  const parameters = planned.flatMap((plan) => plan.parameters.map((it) => named(plan, it)));
  const state = planned.flatMap((plan) => (plan.state ?? []).map((it) => named(plan, it)));
  const meaning: Meaning = { definition, planned, output, parameters, state };
  return {
    input: { ...sourceOf(definition), ...vocabularyOf(planned) },
    outputShape,
    parameters: parameters.map(bare),
    layers: planned.map((plan) => ({
      name: plan.name,
      type: plan.layer.type,
      outputShape: plan.outputShape,
      parameters: scalarsOf(plan),
    })),
    coupling: couplingOf(planned),
    apply: (arrays, source, mode) =>
      forward(meaning, arrays, { mode, source, chance: noChance }).output,
    ...passesOf(meaning),
    initialise(seed: number): ReadonlyMap<string, Tensor> {
      const chosen = definition.seed ?? seed;
      return new Map(
        [...parameters, ...state].map(({ name, shape, beginning }) => [
          name,
          draw(stream(chosen, "weights", name), shape, beginning),
        ]),
      );
    },
  };
}
