/** For every primitive, its cases: the compiler lists what is missing. */
import type { OperationName } from "#engine/ops/operations.ts";
import type { Case } from "./case.ts";
import { contractions } from "./contracted.ts";
import { oneOperand, twoOperands } from "./elementwise.ts";
import { indexed, layout, reductions, sources } from "./shaped.ts";

export const cases: Readonly<Record<OperationName, readonly Case[]>> = {
  ...sources,
  ...oneOperand,
  ...twoOperands,
  ...reductions,
  ...layout,
  ...indexed,
  ...contractions,
};

/** The names of all primitives, in the table's order. */
export const operationNames = Object.keys(cases) as OperationName[];
