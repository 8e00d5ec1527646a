/** What is seen and stored between two steps, as events: evaluation, snapshot, checkpoint. */
import { writeSafetensors } from "#formats/safetensors.ts";
import { newId } from "#src/ids.ts";
import { countOf, firstOf } from "./examples.ts";
import { snapshotSettings } from "./instruments.ts";
import type { Prepared } from "./preparation.ts";
import type { Session } from "./session.ts";

const kernelBytesMax = 16 * 1024 ** 3;

/** Scores both functions at the present step, once. */
export async function reportEvaluation(session: Session): Promise<void> {
  const { position } = session;
  const { step } = position;
  if (position.evaluation?.step === step) return;
  const value = await session.evaluate();
  await session.move({ ...position, evaluation: { step, value } });
  const linearisations = session.charted === null ? {} : { linearisations: position.anchors };
  const data = { step, ...value, ...linearisations };
  await session.emit({ kind: "evaluation", key: `evaluation:${step}`, data });
}

/** Takes a kernel snapshot at the present step, once. */
export async function reportSnapshot(session: Session): Promise<void> {
  const { position, prepared } = session;
  const { step } = position;
  if (position.snapshotStep === step) return;
  const parameters = await session.weights();
  const { figures, kernel } = await session.instruments.snapshot({ parameters, step });
  const settings = snapshotSettings(prepared.assignment.settings.snapshots ?? {});
  const { keep } = settings;
  const { run } = prepared.assignment;
  const classes = classesOf(prepared, settings);
  const metadata = { step: String(step), kernel: figures.kernel, run, ...classes };
  const stored = keep
    ? await session.artifacts.put(writeSafetensors(new Map([["kernel", kernel]]), metadata), {
        bytesMax: kernelBytesMax,
      })
    : null;
  await session.move({ ...position, snapshotStep: step });
  const data = { id: newId("snp"), ...figures, digest: stored?.digest ?? null };
  await session.emit({ kind: "snapshot", key: `snapshot:${step}`, data });
}

/** Class numbers of the probe, by which a reader can order the kernel; nothing for real targets. */
function classesOf(
  { examples }: Prepared,
  { split, examples: count }: ReturnType<typeof snapshotSettings>,
): { readonly classes?: string } {
  const wanted = countOf(examples[split]) === 0 ? examples.train : examples[split];
  const { y } = firstOf(wanted, Math.min(count, countOf(wanted)));
  return y.dtype === "int32" ? { classes: JSON.stringify([...y.data]) } : {};
}

/** Stores a checkpoint of the present step. */
export async function reportCheckpoint(
  session: Session,
  how: { readonly final: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { step } = session.position;
  const { digest, weights, bytes } = await session.save(how.signal);
  const data = { id: newId("chk"), step, digest, weights, bytes, final: how.final };
  await session.emit({ kind: "checkpoint", key: `checkpoint:${step}`, data });
}
