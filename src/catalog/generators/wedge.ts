/** The wedge problem: four classes that no linear function of the input can tell apart. */
import { classified, drawnVectors, fillNormal, type Generated, problemStream } from "./examples.ts";
import { coordinates, randomPlane } from "./plane.ts";
import type { Complete } from "./with-defaults.ts";

/**
 * x ~ N(0, I_d); with u + iv = B^T x in a hidden plane, the class is the quadrant of the doubled
 * angle, that is of (u + iv)^2. An even function of x, so linear correlations are zero.
 * Source: task A of the plan in section 6 of our notes on arXiv 2211.12345.
 */
export function wedge(spec: Complete<"wedge">): Generated {
  const plane = randomPlane(spec.dimension, problemStream(spec));
  return classified(spec, { classes: 4 }, (count, random) =>
    drawnVectors(count, spec.dimension, (row) => {
      fillNormal(row, random);
      const { u, v } = coordinates(plane, row);
      return quadrantOf(u * u - v * v, 2 * u * v);
    }),
  );
}

/** 0 to 3, counted from the positive axes against the clock. */
function quadrantOf(cosine: number, sine: number): number {
  if (sine >= 0) return cosine >= 0 ? 0 : 1;
  return cosine < 0 ? 2 : 3;
}
