/**
 * Random numbers inside a step, for dropout: sums of rows of a fixed table, and which rows follows
 * from seed and step alone, so that every chunk, resume and engine sees the same.
 */
import type { Constant } from "#engine/backend.ts";
import { floor, gather, input, reshape, slice, subtract, sum } from "#engine/graph/build.ts";
import type { Chance } from "#engine/network.ts";
import type { InputNode } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import { stream } from "#src/random.ts";

const tableRows = 1024;
const tableWidth = 128;
/** Numbers of the table are multiples of this: their sums are exact in float32. */
const grain = 2 ** -20;

/** Prefix of the names of scanned rows. */
const prefix = "chance/";

function tableOfChance(): Tensor {
  const random = stream(0, "chance");
  const values = Float64Array.from(
    { length: tableRows * tableWidth },
    () => Math.floor(random.uniform() / grain) * grain,
  );
  return tensor("float64", [tableRows, tableWidth], values);
}

export interface ChanceInputs {
  /** Writes uniform numbers into the graph of a step; each call reads rows of its own. */
  readonly uniform: Chance;
  /** Filled by the calls of `uniform`. */
  readonly scanned: readonly InputNode[];
  readonly constants: readonly Constant[];
}

/**
 * Inputs of one program. A number is the fractional part of the sum of two numbers of the table, in
 * rows that are drawn for each stretch of 128 numbers of each example.
 */
export function chanceInputs(): ChanceInputs {
  const scanned: InputNode[] = [];
  const constants: Constant[] = [];
  const uniform: Chance = (shape) => {
    const table = constants[0]?.input ?? input("examples/chance", [tableRows, tableWidth]);
    if (constants.length === 0) constants.push({ input: table, value: tableOfChance() });
    const [batch = 0] = shape;
    const width = sizeOf(shape) / batch;
    const stretches = Math.ceil(width / tableWidth);
    const rows = input(`${prefix}${scanned.length}`, [2, batch * stretches], "integer");
    scanned.push(rows);
    const sums = sum(gather(table, rows, 0), [0]);
    const numbers = reshape(subtract(sums, floor(sums)), [batch, stretches * tableWidth]);
    return reshape(slice(numbers, { starts: [0, 0], ends: [batch, width] }), shape);
  };
  return { uniform, scanned, constants };
}

/** Whether a scanned input holds rows. */
export const isChance = ({ attributes }: InputNode): boolean => attributes.name.startsWith(prefix);

/** Rows of `steps` steps from step `from`, [steps, ...shape]. */
export function chanceRows(
  { attributes }: InputNode,
  range: { readonly seed: number; readonly from: number; readonly steps: number },
): Tensor {
  const { name, shape } = attributes;
  const size = sizeOf(shape);
  const data = new Int32Array(range.steps * size);
  for (let at = 0; at < range.steps; at += 1) {
    const random = stream(range.seed, name, range.from + at);
    for (let i = 0; i < size; i += 1) data[at * size + i] = random.integer(tableRows);
  }
  return { dtype: "int32", shape: [range.steps, ...shape], data };
}
