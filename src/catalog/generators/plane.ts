/** A hidden plane: two orthonormal directions, and the coordinates of points in it. */
import type { RandomStream } from "#src/random.ts";
import { fillNormal } from "./examples.ts";

/** The two columns of an orthonormal d x 2 matrix B. */
export interface Plane {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** A uniformly random plane in `dimension` >= 2 dimensions, by Gram-Schmidt on two normals. */
export function randomPlane(dimension: number, random: RandomStream): Plane {
  const first = new Float64Array(dimension);
  const second = new Float64Array(dimension);
  fillNormal(first, random);
  normalise(first);
  fillNormal(second, random);
  // Twice, because one pass leaves a rounding error along `first` when the two are nearly parallel.
  for (let pass = 0; pass < 2; pass++) {
    const along = dot(first, second);
    for (let j = 0; j < dimension; j++) {
      second[j] = (second[j] as number) - along * (first[j] as number);
    }
  }
  normalise(second);
  return { first, second };
}

/** B^T x: the coordinates of `x` in the plane. */
export function coordinates(plane: Plane, x: Float32Array): { u: number; v: number } {
  return { u: dot(plane.first, x), v: dot(plane.second, x) };
}

/** Scales a vector to length 1. */
export function normalise(vector: Float64Array): void {
  const length = Math.sqrt(dot(vector, vector));
  for (let j = 0; j < vector.length; j++) vector[j] = (vector[j] as number) / length;
}

function dot(a: Float64Array, b: Float64Array | Float32Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}
