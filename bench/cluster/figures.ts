/** What benches of a cluster say in the same way: quantiles, the machine, and where it is kept. */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Quantiles of a sample, each its nearest value from above; 0 of an empty one. */
export function inOrder(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}

export function machineOf() {
  const [load = 0] = loadavg();
  const cpu = cpus()[0]?.model.trim() ?? "unknown";
  return { cpu, cores: availableParallelism(), load_before: rounded(load), node: process.version };
}

/** Prints the figures; a file, where one is named, has them alone. */
export async function reportTo(file: string | undefined, figures: object): Promise<void> {
  const text = `${JSON.stringify(figures, null, 2)}\n`;
  process.stdout.write(text);
  if (file !== undefined) await writeFile(file, text);
}
