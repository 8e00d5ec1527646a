/** Values on the host: dense row-major arrays with their shapes. Knows no backend. */

/** Element types that a host tensor can have. */
export type DType = "float32" | "float64" | "int32" | "bool";

/** Axis lengths, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A dense row-major array. `data.length` is the product of `shape`. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TensorData;
}

/** Number of elements of a shape: the product of its axis lengths, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Bytes of one element. */
export const bytesOf: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  bool: 1,
};

/** An uninitialised (zero) array for `size` elements of `dtype`. */
export function allocate(dtype: DType, size: number): TensorData {
  switch (dtype) {
    case "float32":
      return new Float32Array(size);
    case "float64":
      return new Float64Array(size);
    case "int32":
      return new Int32Array(size);
    case "bool":
      return new Uint8Array(size);
    default:
      return dtype satisfies never;
  }
}

/** A tensor from nested numbers' flat list; throws when the count does not match the shape. */
export function tensor(dtype: DType, shape: Shape, values: ArrayLike<number>): Tensor {
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`shape [${shape}] needs ${sizeOf(shape)} values, got ${values.length}`);
  }
  const data = allocate(dtype, values.length);
  data.set(values);
  return { dtype, shape: [...shape], data };
}

/** A tensor of zeros. */
export function zeros(dtype: DType, shape: Shape): Tensor {
  return { dtype, shape: [...shape], data: allocate(dtype, sizeOf(shape)) };
}

/** The same values in another element type (itself when it has that type already). */
export function convert(value: Tensor, dtype: DType): Tensor {
  if (value.dtype === dtype) return value;
  const data = allocate(dtype, value.data.length);
  data.set(value.data);
  return { dtype, shape: value.shape, data };
}
