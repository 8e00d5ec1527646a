/** Spiral arms in the plane, one per class. */
import { circlePoint } from "./circle.ts";
import { classified, drawnVectors, type Generated } from "./examples.ts";
import type { Complete } from "./with-defaults.ts";

/**
 * A point at radius r ~ U(0, 1) of arm c has angle (turns r + c / classes) of a full turn; noise of
 * deviation `noise` is added to both coordinates. Inputs are [N, 2].
 */
export function spirals(spec: Complete<"spirals">): Generated {
  return classified(spec, { classes: spec.classes }, (count, random) =>
    drawnVectors(count, 2, (row) => {
      const arm = random.integer(spec.classes);
      const radius = random.uniform();
      const { cosine, sine } = circlePoint(spec.turns * radius + arm / spec.classes);
      row[0] = radius * cosine + spec.noise * random.normal();
      row[1] = radius * sine + spec.noise * random.normal();
      return arm;
    }),
  );
}
