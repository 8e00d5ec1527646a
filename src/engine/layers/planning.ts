/** From wires to plans: shapes and kinds from the input to the output, each layer checked. */
import assert from "node:assert/strict";
import { type Shape, sizeOf } from "#engine/tensor.ts";
import type { Definition } from "#schemas/model.ts";
import { type Failure, failAt } from "#src/failure.ts";
import { type Form, type LayerPlan, type Site, scalarsMax, written } from "./layer.ts";
import { planLayer } from "./planners.ts";
import { inputId, type Wired } from "./wiring.ts";

/** A layer in its place with its plan. */
export type Planned = Wired & LayerPlan;

const refusalAt =
  (pointer: string) =>
  (field: string, detail: string): Failure =>
    failAt("invalid_model", field === "" ? pointer : `${pointer}/${field}`, detail);

/** Trainable scalars of a layer. */
export const scalarsOf = (plan: LayerPlan): number =>
  plan.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);

/** Shape and kind of the network's input. */
export const sourceOf = ({ input }: Definition): Form => ({
  shape: input.shape,
  kind: input.dtype ?? "real",
});

function siteOf(definition: Definition, pointer: string, inputs: readonly Form[]): Site {
  const { parameterization = "standard", init } = definition;
  return {
    inputs: inputs.map(({ shape }) => shape),
    kinds: inputs.map(({ kind }) => kind),
    source: sourceOf(definition),
    parameterization,
    init,
    refuse: refusalAt(pointer),
  };
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

/** Plans from the input to the output; throws at the first layer that does not fit. */
export function planAll(definition: Definition, wired: readonly Wired[]): readonly Planned[] {
  checkSize("/input/shape", definition.input.shape, 0);
  const forms = new Map<string, Form>([[inputId, sourceOf(definition)]]);
  let parameters = 0;
  return wired.map((place) => {
    const inputs = place.inputs.map((name) => present(forms, name));
    const plan = planLayer(place.layer, siteOf(definition, place.pointer, inputs));
    parameters += scalarsOf(plan);
    checkSize(place.pointer, plan.outputShape, parameters);
    forms.set(place.name, { shape: plan.outputShape, kind: "real" });
    return { ...place, ...plan };
  });
}

/** The value under a name that must be there. */
export function present<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  assert(value !== undefined, `"${name}" is not there`);
  return value;
}
