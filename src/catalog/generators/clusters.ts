/** Gaussian clusters around random centres. */
import { classified, drawnVectors, fillNormal, type Generated, problemStream } from "./examples.ts";
import { normalise } from "./plane.ts";
import type { Complete } from "./with-defaults.ts";

/**
 * Each class has `clusters_per_class` centres, uniform on the sphere of radius `separation`; an
 * example is N(centre, I). Inputs are [N, dimension].
 */
export function clusters(spec: Complete<"clusters">): Generated {
  const { classes, clusters_per_class: perClass, dimension, separation } = spec;
  const problem = problemStream(spec);
  const centres = Array.from({ length: classes * perClass }, () => {
    const centre = new Float64Array(dimension);
    fillNormal(centre, problem);
    normalise(centre);
    return centre;
  });
  return classified(spec, { classes }, (count, random) =>
    drawnVectors(count, dimension, (row) => {
      const chosen = random.integer(centres.length);
      const centre = centres[chosen] as Float64Array;
      for (let j = 0; j < dimension; j++) {
        row[j] = separation * (centre[j] as number) + random.normal();
      }
      return chosen % classes;
    }),
  );
}
