/** Every part of the study, in the order in which the report tells them. */
import type { Part } from "./part.ts";
import { draws } from "./parts/draws.ts";
import { grid } from "./parts/grid.ts";
import { images } from "./parts/images.ts";
import { movement } from "./parts/movement.ts";
import { newton } from "./parts/newton.ts";
import { parity } from "./parts/parity.ts";
import { phase } from "./parts/phase.ts";
import { placement } from "./parts/placement.ts";
import { stability } from "./parts/stability.ts";
import { width } from "./parts/width.ts";

export const parts: readonly Part[] = [
  grid,
  parity,
  phase,
  newton,
  movement,
  placement,
  width,
  stability,
  images,
  draws,
];
