/** Whether the kernels that a run is to be looked at with fit its data and the limits. */
import type { Dataset } from "#schemas/dataset.ts";
import { powerRowsMax, regressionRowsMax } from "#schemas/kernel.ts";
import type { Model } from "#schemas/model.ts";
import type { FieldError } from "#schemas/problem.ts";
import type { RunSettings } from "#src/channel.ts";
import { failAt } from "#src/failure.ts";
import type { RunLimits } from "./context.ts";
import { bytesText, kernelSize, outputsOf } from "./memory.ts";

/** Probes and regressions that the splits have too few examples for. */
export function snapshotMisfits(
  { splits }: Dataset,
  { snapshots }: RunSettings,
): readonly FieldError[] {
  if (snapshots === null) return [];
  const { split = "test", examples = 0, figures = [] } = snapshots;
  const looked = split === "both" ? (["test", "train"] as const) : [split];
  const errors: FieldError[] = looked
    .filter((name) => examples > splits[name].examples)
    .map((name) => ({
      pointer: "/snapshots/examples",
      detail: `Snapshots ask for ${examples} examples, and the ${name} split has ${splits[name].examples}.`,
    }));
  const after = figures.indexOf("after_kernel");
  if (after >= 0 && splits.test.examples === 0) {
    const detail = "after_kernel scores held-out examples, and the test split has none.";
    errors.push({ pointer: `/snapshots/figures/${after}`, detail });
  }
  return errors;
}

/** Throws `too_large` for a kernel, or a figure of it, beyond what is computed. */
export function checkKernel(
  { model, settings }: { readonly model: Model; readonly settings: RunSettings },
  limits: RunLimits,
): void {
  const { snapshots } = settings;
  if (snapshots === null) return;
  const bytes = kernelSize(model, settings);
  const { examples = 1, kernel = "trace", figures = [] } = snapshots;
  if (bytes > limits.kernelBytesMax) {
    const fit = Math.floor(examples * Math.sqrt(limits.kernelBytesMax / bytes));
    const text =
      `A ${kernel} kernel of ${examples} examples and ${outputsOf(model)} ` +
      `outputs takes ${bytesText(bytes)}; the limit is ${bytesText(limits.kernelBytesMax)}. ` +
      `At most ${fit} examples fit, or take the kernel "trace".`;
    throw failAt("too_large", "/snapshots/examples", text);
  }
  const perExample = kernel === "full" ? outputsOf(model) : 1;
  for (const [at, name] of figures.entries()) {
    const fault = {
      layer_alignment: () => layersFault(bytes * model.layers.length, limits),
      cumulative_power: () => rowsFault(examples * perExample, powerRowsMax),
      after_kernel: () =>
        rowsFault((snapshots.after_kernel?.examples ?? 1) * perExample, regressionRowsMax),
    }[name]();
    if (fault === null) continue;
    const text = `${name}: ${fault}; take fewer examples, or the kernel "trace".`;
    throw failAt("too_large", `/snapshots/figures/${at}`, text);
  }
}

const rowsFault = (rows: number, max: number): string | null =>
  rows > max ? `the kernel's matrix has ${rows} rows, and the limit is ${max}` : null;

const layersFault = (bytes: number, { kernelBytesMax: max }: RunLimits): string | null =>
  bytes > max
    ? `the kernels of all layers take ${bytesText(bytes)}, and the limit is ${bytesText(max)}`
    : null;
