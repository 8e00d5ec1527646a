/** Exclusive or on a hidden plane, as a regression problem. */
import {
  asTargets,
  drawnVectors,
  fillNormal,
  type Generated,
  problemStream,
  regressed,
} from "./examples.ts";
import { coordinates, randomPlane } from "./plane.ts";
import type { Complete } from "./with-defaults.ts";

/** x ~ N(0, I_d); with (u, v) = B^T x in a hidden plane, y = sign(u v), -1 or 1. */
export function xor(spec: Complete<"xor">): Generated {
  const plane = randomPlane(spec.dimension, problemStream(spec));
  return regressed(spec, (count, random) => {
    const { x, y } = drawnVectors(count, spec.dimension, (row) => {
      fillNormal(row, random);
      const { u, v } = coordinates(plane, row);
      return u * v >= 0 ? 1 : -1;
    });
    return { x, y: asTargets(y) };
  });
}
