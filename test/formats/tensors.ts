/** Arbitrary host tensors for the laws of the formats. */

import fc from "fast-check";
import { allocate, type DType, sizeOf, type Tensor } from "#engine/tensor.ts";

const values: Readonly<Record<DType, fc.Arbitrary<number>>> = {
  float32: fc.float({ noNaN: false }),
  float64: fc.double({ noNaN: false }),
  int32: fc.integer(),
  bool: fc.nat(1),
};

/** Tensors of any type with up to four axes, empty ones among them. */
export const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.constantFrom<DType>("float32", "float64", "int32", "bool"),
    fc.array(fc.nat(4), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) => {
    const size = sizeOf(shape);
    return fc.array(values[dtype], { minLength: size, maxLength: size }).map((list) => {
      const data = allocate(dtype, size);
      data.set(list);
      return { dtype, shape, data };
    });
  });
