/** Which curves follow from a kernel snapshot, by name. Keeps none of them. */
import type { EventOf } from "#schemas/event.ts";
import type { Figure } from "#schemas/values.ts";

type Snap = EventOf<"snapshot">["data"];

const plain = [
  "trace",
  "effective_rank",
  "participation_ratio",
  "alignment",
  "centred_alignment",
  "distance_to_first",
  "distance_to_previous",
  "velocity",
  "velocity_per_rate",
  "relative_change",
  "log_norm_ratio",
  "lambda_max",
  "linearisation_gap",
  "relative_distance",
] as const;

/** Every figure that a snapshot has, under the name of its curve. */
export function* kernelCurves(snap: Snap): Generator<readonly [string, Figure]> {
  for (const name of plain) {
    const value = snap[name] ?? null;
    if (value !== null) yield [name, value];
  }
  for (const [i, value] of snap.eigenvalues.entries()) yield [`eigenvalue.${i}`, value];
  for (const [layer, share] of Object.entries(snap.layer_share)) yield [`share.${layer}`, share];
  for (const [layer, aligned] of Object.entries(snap.layer_alignment ?? {})) {
    yield [`layer.${layer}`, aligned.centred_alignment];
  }
  const { modes = [], centred_power: power = [] } = snap.cumulative_power ?? {};
  for (const [i, mode] of modes.entries()) yield [`power.${mode}`, power[i] ?? "NaN"];
  yield* afterCurves(snap);
  const { alignment = null, centred_alignment: centred = null } = snap.train ?? {};
  if (alignment !== null) yield ["train.alignment", alignment];
  if (centred !== null) yield ["train.centred_alignment", centred];
}

/** Accuracies where there are classes, otherwise losses. */
function* afterCurves({ after_kernel: after }: Snap): Generator<readonly [string, Figure]> {
  if (after === undefined || after === null) return;
  yield ["after", after.accuracy ?? after.loss];
  yield ["after.first", after.first_accuracy ?? after.first_loss];
}
