/** A progress bar of half-cell steps, and a sparkline: two pictures made of characters. */
import type { Paint } from "./paint.ts";

/** `width` cells of which `share` (0 … 1) are full. */
export function bar(share: number, width: number, paint: Paint): string {
  const clamped = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  const halves = Math.round(clamped * width * 2);
  const full = Math.floor(halves / 2);
  const half = halves % 2 === 1;
  const rest = width - full - (half ? 1 : 0);
  return (
    paint(clamped === 1 ? "green" : "cyan", "━".repeat(full) + (half ? "╸" : "")) +
    paint("dim", "─".repeat(rest))
  );
}

const levels = [..."▁▂▃▄▅▆▇█"];

/**
 * One character a value, lowest to highest over the range of the values; on a logarithmic scale
 * when all are positive, since losses fall by factors. What is not finite is drawn as `×`.
 */
export function sparkline(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  const scale = finite.every((value) => value > 0) ? Math.log : (value: number) => value;
  const heights = finite.map(scale);
  const low = heights.reduce((a, b) => Math.min(a, b), Infinity);
  const range = heights.reduce((a, b) => Math.max(a, b), -Infinity) - low;
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return "×";
      const height = range > 0 ? (scale(value) - low) / range : 0;
      return levels[Math.round(height * (levels.length - 1))] as string;
    })
    .join("");
}
