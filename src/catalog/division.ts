/** Divides one table of examples into training and test data. */
import { allocate, sizeOf, type Tensor } from "#engine/tensor.ts";
import { FormatError } from "#formats/format-error.ts";
import { stream } from "#src/random.ts";
import { type Arrays, refuse } from "./dataset.ts";

/** How one table of examples is divided. */
export interface SplitOptions {
  /** Share of the examples that become test data, above 0 and below 1; 0.2 unless told. */
  readonly testFraction?: number;
  /** Seed of the shuffle before the division; 0 unless told. */
  readonly seed?: number;
}

/**
 * Both sides of a random division of `x` [N, …] and `y` [N, …], each with at least one example.
 * Throws FormatError with the pointer `/x`, `/y` or `/test_fraction`.
 */
export function divide(x: Tensor, y: Tensor, options: SplitOptions = {}): Arrays {
  const { testFraction = 0.2, seed = 0 } = options;
  if (!(testFraction > 0 && testFraction < 1)) {
    const message = `test_fraction is ${testFraction}; it must be above 0 and below 1`;
    throw new FormatError("dataset", message, "/test_fraction");
  }
  const count = x.shape[0] ?? 0;
  if (count < 2) refuse("x", `has ${count} examples; at least two can be divided`);
  if (y.shape[0] !== count) refuse("y", `has ${y.shape[0] ?? 0} labels for ${count} examples`);
  const order = stream(seed, "dataset", "split").permutation(count);
  const test = Math.min(count - 1, Math.max(1, Math.round(count * testFraction)));
  // Within a side the uploaded order is kept: neighbours in the file stay easy to find.
  const testRows = order.slice(0, test).sort();
  const trainRows = order.slice(test).sort();
  return {
    x_train: rows(x, trainRows),
    y_train: rows(y, trainRows),
    x_test: rows(x, testRows),
    y_test: rows(y, testRows),
  };
}

function rows(value: Tensor, chosen: Int32Array): Tensor {
  const width = sizeOf(value.shape.slice(1));
  const data = allocate(value.dtype, chosen.length * width);
  chosen.forEach((row, i) => {
    data.set(value.data.subarray(row * width, (row + 1) * width), i * width);
  });
  return { dtype: value.dtype, shape: [chosen.length, ...value.shape.slice(1)], data };
}
