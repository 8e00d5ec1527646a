/**
 * The door of the room: a definition in JSON becomes a network. Layers themselves, wires and
 * initial values are in the files beside it.
 */
import assert from "node:assert/strict";
import type { Mode, Network, Parameter } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape, Tensor } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Definition } from "#schemas/model.ts";
import { type Failure, failAt } from "#src/failure.ts";
import { stream } from "#src/random.ts";
import { draw } from "./initialisers.ts";
import { type LayerPlan, type Site, scalarsMax, written } from "./layer.ts";
import { planLayer } from "./planners.ts";
import { inputId, type Wired, wire } from "./wiring.ts";

type Planned = Wired & LayerPlan;

const refusalAt =
  (pointer: string) =>
  (field: string, detail: string): Failure =>
    failAt("invalid_model", field === "" ? pointer : `${pointer}/${field}`, detail);

const scalarsOf = (plan: LayerPlan): number =>
  plan.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);

function siteOf(definition: Definition, pointer: string, inputs: readonly Shape[]): Site {
  const { parameterization = "standard", init } = definition;
  return { inputs, parameterization, init, refuse: refusalAt(pointer) };
}

/** Refuses what no tensor could hold. `parameters` counts all layers so far. */
function checkSize(pointer: string, shape: Shape, parameters: number): void {
  const refuse = refusalAt(pointer);
  if (sizeOf(shape) > scalarsMax) {
    throw refuse(
      "",
      `${written(shape)} is more than ${scalarsMax} numbers for one example; make it smaller`,
    );
  }
  if (parameters > scalarsMax) {
    throw refuse("", `the network passes ${scalarsMax} parameters here; make layers smaller`);
  }
}

/** Shapes from the input to the output; throws at the first layer that does not fit. */
function planAll(definition: Definition, wired: readonly Wired[]): readonly Planned[] {
  checkSize("/input/shape", definition.input.shape, 0);
  const shapes = new Map<string, Shape>([[inputId, definition.input.shape]]);
  let parameters = 0;
  return wired.map((place) => {
    const inputs = place.inputs.map((name) => present(shapes, name));
    const plan = planLayer(place.layer, siteOf(definition, place.pointer, inputs));
    parameters += scalarsOf(plan);
    checkSize(place.pointer, plan.outputShape, parameters);
    shapes.set(place.name, plan.outputShape);
    return { ...place, ...plan };
  });
}

function present<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  assert(value !== undefined, `"${name}" is not there`);
  return value;
}

function sameShape(node: Node, shape: Shape): boolean {
  return node.shape.join() === shape.join();
}

/** The value of every layer for a batch, by name. */
function forward(
  planned: readonly Planned[],
  parameters: ReadonlyMap<string, Node>,
  x: Node,
): ReadonlyMap<string, Node> {
  const values = new Map<string, Node>([[inputId, x]]);
  for (const plan of planned) {
    const inputs = plan.inputs.map((name) => present(values, name));
    const weights = (role: string): Node => present(parameters, `${plan.name}/${role}`);
    values.set(plan.name, plan.forward(inputs, weights));
  }
  return values;
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
  const plans = planned.flatMap((plan) =>
    plan.parameters.map((parameter) => {
      const name = `${plan.name}/${parameter.role}`;
      return { ...parameter, name, layer: plan.name };
    }),
  );
  const { shape: inputShape } = definition.input;
  return {
    input: { shape: inputShape, kind: "real" },
    outputShape,
    parameters: plans.map(({ name, layer, shape }): Parameter => ({ name, layer, shape })),
    layers: planned.map((plan) => ({
      name: plan.name,
      type: plan.layer.type,
      outputShape: plan.outputShape,
      parameters: scalarsOf(plan),
    })),
    coupling: [],
    apply(parameters: ReadonlyMap<string, Node>, x: Node, _mode: Mode): Node {
      assert(x.kind === "real" && sameShape(x, [x.shape[0] ?? 0, ...inputShape]), "input's shape");
      for (const { name, shape } of plans) {
        assert(sameShape(present(parameters, name), shape), `shape of ${name}`);
      }
      return present(forward(planned, parameters, x), output);
    },
    initialise(seed: number): ReadonlyMap<string, Tensor> {
      const chosen = definition.seed ?? seed;
      return new Map(
        plans.map(({ name, shape, beginning }) => [
          name,
          draw(stream(chosen, "weights", name), shape, beginning),
        ]),
      );
    },
  };
}
