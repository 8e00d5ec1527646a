/** Parity of a few bits, as a regression problem. */
import { asTargets, drawnVectors, type Generated, refuseOption, regressed } from "./examples.ts";
import type { Complete } from "./with-defaults.ts";

/** x uniform in {-1, 1}^d; y is the product of the first `bits` coordinates, -1 or 1. */
export function parity(spec: Complete<"parity">): Generated {
  const { bits, dimension } = spec;
  if (bits > dimension) {
    refuseOption("bits", `is ${bits}; it can be at most the dimension, ${dimension}`);
  }
  return regressed(spec, (count, random) => {
    const { x, y } = drawnVectors(count, dimension, (row) => {
      let product = 1;
      for (let j = 0; j < dimension; j++) {
        const bit = random.integer(2) === 0 ? -1 : 1;
        row[j] = bit;
        if (j < bits) product *= bit;
      }
      return product;
    });
    return { x, y: asTargets(y) };
  });
}
