/**
 * Explicit Jacobians, one example and one output at a time: slow and sure. What the structured
 * rules are tested against, and the way for parameters that have no rule.
 */
import { vjp } from "#engine/autodiff/backward.ts";
import type { Program } from "#engine/backend.ts";
import { input, reshape } from "#engine/graph/build.ts";
import { arraysOf, type Network, type Parameter } from "#engine/network.ts";
import { sizeOf } from "#engine/tensor.ts";

/**
 * Scans `example` [1, ...input shape] and `unit` [O]; emits ∂⟨f(x), unit⟩/∂p, flattened, for each
 * of `parameters` by name.
 */
export function jacobianProgram(network: Network, parameters: readonly Parameter[]): Program {
  const inputs = new Map(arraysOf(network).map((p) => [p.name, input(`p/${p.name}`, p.shape)]));
  const example = input("example", [1, ...network.input.shape], network.input.kind);
  const outputs = sizeOf(network.outputShape);
  const unit = input("unit", [outputs]);
  const f = reshape(network.apply(inputs, example, "inference"), [outputs]);
  const wrt = parameters.map((parameter) => {
    const node = inputs.get(parameter.name);
    if (node === undefined) throw new Error(`no parameter ${parameter.name}`);
    return node;
  });
  const found = vjp([f], wrt, [unit]);
  return {
    name: "jacobian rows",
    constants: [],
    invariants: [...inputs.values()],
    carried: [],
    scanned: [example, unit],
    emitted: Object.fromEntries(
      parameters.map((parameter, at) => {
        const gradient = found[at];
        if (gradient === undefined) throw new Error(`no gradient of ${parameter.name}`);
        return [parameter.name, reshape(gradient, [sizeOf(parameter.shape)])];
      }),
    ),
  };
}
