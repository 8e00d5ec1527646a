/** Grey images of simple shapes: a small problem for convolutions. */
import type { RandomStream } from "#src/random.ts";
import { circlePoint } from "./circle.ts";
import { classified, drawnVectors, type Generated } from "./examples.ts";
import type { Complete } from "./with-defaults.ts";

/** Signed distance from a point to a shape inside the unit circle; negative inside. */
type Distance = (x: number, y: number) => number;

const rootHalf = Math.sqrt(0.5);
const rootThreeQuarters = Math.sqrt(0.75);

/** Every shape by name, in class order. Distances are exact or a lower bound, enough to draw. */
const distances: ReadonlyMap<string, Distance> = new Map([
  ["circle", (x, y) => Math.sqrt(x * x + y * y) - 0.9],
  ["square", box(rootHalf, rootHalf)],
  ["triangle", triangle],
  ["cross", (x, y) => Math.min(box(0.95, 0.25)(x, y), box(0.25, 0.95)(x, y))],
  ["ring", (x, y) => Math.abs(Math.sqrt(x * x + y * y) - 0.75) - 0.2],
  ["bar", box(0.95, 0.28)],
]);

/**
 * Images [size, size, 1], background 0. A shape has a radius of 22 to 40 % of the side, lies wholly
 * inside, is turned when `rotate` says so, has a grey of 0.6 to 1, and smooth edges one pixel wide.
 * The class is the shape.
 */
export function shapes(spec: Complete<"shapes">): Generated {
  const { size, classes } = spec;
  const classNames = [...distances.keys()].slice(0, classes);
  return classified(spec, { classes, classNames }, (count, random) => {
    const { x, y } = drawnVectors(count, size * size, (pixels) => {
      const label = random.integer(classes);
      render(pixels, distances.get(classNames[label] as string) as Distance, { spec, random });
      return label;
    });
    return { x: { ...x, shape: [count, size, size, 1] }, y };
  });
}

function render(
  pixels: Float32Array,
  distance: Distance,
  { spec, random }: { spec: Complete<"shapes">; random: RandomStream },
): void {
  const { size, noise, rotate } = spec;
  const radius = size * (0.22 + 0.18 * random.uniform());
  const centreX = radius + (size - 2 * radius) * random.uniform();
  const centreY = radius + (size - 2 * radius) * random.uniform();
  const grey = 0.6 + 0.4 * random.uniform();
  // Drawn also when unused, so that `rotate` changes nothing but the angle.
  const turned = circlePoint(random.uniform());
  const { cosine, sine } = rotate ? turned : { cosine: 1, sine: 0 };
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const dx = (column + 0.5 - centreX) / radius;
      const dy = (row + 0.5 - centreY) / radius;
      const away = radius * distance(cosine * dx + sine * dy, cosine * dy - sine * dx);
      const covered = Math.min(1, Math.max(0, 0.5 - away));
      pixels[row * size + column] = grey * covered + (noise > 0 ? noise * random.normal() : 0);
    }
  }
}

function box(halfWidth: number, halfHeight: number): Distance {
  return (x, y) => Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
}

/** Equilateral, its corners on the circle of radius 0.98, one of them up. */
function triangle(x: number, y: number): number {
  const slanted = rootThreeQuarters * Math.abs(x) - 0.5 * y;
  return Math.max(slanted, y) - 0.49;
}
