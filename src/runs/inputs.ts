/** Examples that came in a request as nested lists: checked against a shape and laid in a row. */
import { sizeOf } from "#engine/tensor.ts";
import { type Failure, failAt } from "#src/failure.ts";

/** Numbers that one request may give, all examples together. */
export const inputNumbersMax = 4_000_000;

/**
 * All examples as one row-major array; each must be nested lists of exactly `shape`. Failures
 * `invalid_request` and `body_too_large` below `pointer`.
 */
export function flattened(
  examples: readonly unknown[],
  shape: readonly number[],
  pointer: string,
): Float64Array {
  const width = sizeOf(shape);
  if (examples.length * width > inputNumbersMax) {
    const text = `At most ${Math.floor(inputNumbersMax / width)} examples fit into one request.`;
    throw failAt("body_too_large", pointer, text);
  }
  const values = new Float64Array(examples.length * width);
  let at = 0;
  const fill = (value: unknown, axis: number, place: string): void => {
    const length = shape[axis];
    if (length === undefined) {
      if (typeof value !== "number") throw misshapen(place, "a number is needed here", shape);
      values[at] = value;
      at += 1;
      return;
    }
    if (!Array.isArray(value) || value.length !== length) {
      throw misshapen(place, `a list of ${length} is needed here`, shape);
    }
    for (const [i, part] of value.entries()) fill(part, axis + 1, `${place}/${i}`);
  };
  for (const [i, example] of examples.entries()) fill(example, 0, `${pointer}/${i}`);
  return values;
}

function misshapen(pointer: string, what: string, shape: readonly number[]): Failure {
  const text = `${what}: each example has the shape [${shape.join(", ")}].`;
  return failAt("invalid_request", pointer, `${text[0]?.toUpperCase()}${text.slice(1)}`);
}
