/** What is seen and stored between two steps, as events: evaluation, snapshot, checkpoint. */
import { writeSafetensors } from "#formats/safetensors.ts";
import { newId } from "#src/ids.ts";
import { probesOf, snapshotSettings } from "./instruments.ts";
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
  const settings = snapshotSettings(prepared.assignment.settings.snapshots ?? {});
  const { figures, kernels } = await session.snapshot();
  const [{ probe }] = probesOf(prepared, settings);
  const { run } = prepared.assignment;
  const classes = probe.y.dtype === "int32" ? { classes: JSON.stringify([...probe.y.data]) } : {};
  // By classes a reader can order the kernel; real targets have none.
  const metadata = { step: String(step), kernel: figures.kernel, run, ...classes };
  const stored = settings.keep
    ? await session.artifacts.put(writeSafetensors(kernels, metadata), {
        bytesMax: kernelBytesMax,
      })
    : null;
  const kernelClock = { step, from: step, rates: 0 };
  await session.move({ ...position, snapshotStep: step, kernelClock });
  const data = { id: newId("snp"), ...figures, digest: stored?.digest ?? null };
  await session.emit({ kind: "snapshot", key: `snapshot:${step}`, data });
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
