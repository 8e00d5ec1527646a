/**
 * What every backend must do, as one suite: each primitive on many shapes, procedures and loops,
 * compared with the reference in float64. Call `backendContract` in a test file of the backend.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Backend, Precision, Procedure, Tensors } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import type { InputNode, Node, OperationName } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { built, drawn, uniform } from "./backend/case.ts";
import { assertClose } from "./backend/close.ts";
import { loopContract } from "./backend/loops.ts";
import { procedureContract } from "./backend/procedures.ts";
import { cases, operationNames } from "./backend/table.ts";

export interface Expectations {
  readonly precisions: readonly Precision[];
  /** Largest difference, relative to the largest value of an array (at least 1). */
  readonly tolerance: Readonly<Record<Precision, number>>;
  /** Why the backend cannot be tested here; it is named and skipped then. */
  readonly skip?: string | undefined;
}

/** Why a backend cannot be made here; undefined where it can. Other faults are thrown. */
export async function whyNot(makeBackend: () => Promise<Backend>): Promise<string | undefined> {
  try {
    const backend = await makeBackend();
    await backend[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    const isRefusal = error instanceof Error && "code" in error;
    if (isRefusal && error.code === "engine_unavailable") return error.message;
    throw error;
  }
}

/** All cases of a primitive as one procedure: inputs `c<case>.<operand>`, outputs by title. */
function procedureOf(op: OperationName): { procedure: Procedure; inputs: Tensors } {
  const random = uniform(op.length * 7919);
  const inputs: InputNode[] = [];
  const values: Record<string, Tensor> = {};
  const outputs: Record<string, Node> = {};
  for (const [at, one] of cases[op].entries()) {
    const { inputs: own, output } = built(one, `c${at}.`);
    for (const [place, node] of own.entries()) {
      const operand = one.operands[place];
      if (operand !== undefined) values[node.attributes.name] = drawn(operand, random);
    }
    inputs.push(...own);
    outputs[one.title] = output;
  }
  return { procedure: { name: op, constants: [], inputs, outputs }, inputs: values };
}

/** Registers the suite for a backend; `makeBackend` is called once, before the first test. */
export function backendContract(
  name: string,
  makeBackend: () => Backend | Promise<Backend>,
  expectations: Expectations,
): void {
  describe(`the ${name} backend`, { skip: expectations.skip ?? false }, () => {
    let backend: Backend | undefined;
    const current = (): Backend => {
      assert.ok(backend, "the backend was not made");
      return backend;
    };
    before(async () => {
      backend = await makeBackend();
    });
    after(async () => {
      await backend?.[Symbol.asyncDispose]();
    });
    for (const precision of expectations.precisions) {
      const tolerance = expectations.tolerance[precision];
      for (const op of operationNames) {
        test(`computes ${op} in ${precision} as the reference does`, async () => {
          const { procedure, inputs } = procedureOf(op);
          await using oracle = await referenceBackend().compile(procedure, "float64");
          await using callable = await current().compile(procedure, precision);
          const [expected, actual] = [await oracle.call(inputs), await callable.call(inputs)];
          for (const { title } of cases[op]) {
            assertClose(actual[title], expected[title], { tolerance, what: `${op} ${title}` });
          }
        });
      }
      procedureContract(current, precision, tolerance);
      loopContract(current, precision, tolerance);
    }
  });
}
