/** Seconds of one linear phase by a form of descent, compiled before the clock starts. */
import type { Backend } from "#engine/backend.ts";
import { convert } from "#engine/tensor.ts";
import { Batches } from "#learning/batches.ts";
import { compileDescent } from "#learning/descent/compile.ts";
import type { Task } from "#learning/descent/step.ts";
import type { AnyForm } from "#learning/descent/surface.ts";
import { optimizerSettings } from "#learning/optimizer.ts";
import { examplesOf, networkOf, type Shape } from "./shapes.ts";

const repeats = 3;

export interface PhaseSeconds {
  /** The anchor, all steps, and the weights at the end. */
  readonly whole: number;
  /** One step, the anchor left out. */
  readonly step: number;
}

/** The best of a few, the first not counted. */
export async function phaseSeconds(
  backend: Backend,
  form: AnyForm,
  { shape, nowMs }: { readonly shape: Shape; readonly nowMs: () => number },
): Promise<PhaseSeconds> {
  const network = networkOf(shape);
  const { train } = examplesOf(shape);
  const optimizer = optimizerSettings(shape.optimizer ?? { type: "sgd", learning_rate: 1e-4 });
  const batchSize = shape.batch === "full" ? null : shape.batch;
  const { loss, steps } = shape;
  const task: Task = { network, loss, optimizer, train, batchSize, gradientNorm: false };
  const batches = new Batches({ seed: 0, examples: shape.examples, batchSize: batchSize ?? 1 });
  const options = { backend, precision: "float32", task, form, batches } as const;
  await using descent = await compileDescent(options);
  const initial = [...network.initialise(0)].map(
    ([name, value]) => [name, convert(value, "float32")] as const,
  );
  const weights = Object.fromEntries(initial);
  const rateAt = () => optimizer.learningRate;
  let best = { whole: Number.POSITIVE_INFINITY, step: Number.POSITIVE_INFINITY };
  for (let at = 0; at <= repeats; at += 1) {
    const beganMs = nowMs();
    await descent.restore({ weights, anchor: null, optimizer: {} });
    await descent.advance({ from: 0, to: 1, anchors: [0], rateAt, resetStep: 0 });
    const middleMs = nowMs();
    await descent.advance({ from: 1, to: steps, anchors: [], rateAt, resetStep: 0 });
    const stepsMs = nowMs() - middleMs;
    await descent.weights();
    const whole = (nowMs() - beganMs) / 1000;
    if (at === 0) continue;
    const step = stepsMs / 1000 / (steps - 1);
    best = { whole: Math.min(best.whole, whole), step: Math.min(best.step, step) };
  }
  return best;
}
