/**
 * The same run, never disturbed: trained once in this process with the settings and the steering
 * that are on the log, and compared with the log number for number.
 */
import type { Dataset } from "#catalog/dataset.ts";
import { decode } from "#catalog/datasets.ts";
import type { Backend } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Examples } from "#learning/examples.ts";
import { train } from "#learning/train.ts";
import { settingsOf } from "#runs/settings.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Definition } from "#schemas/model.ts";
import type { Run } from "#schemas/run.ts";
import type { SteeringEntry, TrainerEvent } from "#src/channel.ts";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { memoryArtifacts } from "#test/learning/training.ts";
import type { Fault } from "./check-log.ts";

export interface Materials {
  readonly definition: Definition;
  /** Digest of the data set. */
  readonly dataset: string;
  readonly artifactsDir: string;
  /** Of artifacts that are not in that folder. */
  readonly address?: string;
}

const datasetBytesMax = 2 ** 30;
const memoryBytesMax = 2 ** 32;
const threads = 1;

const examplesOf = (dataset: Dataset): Examples => ({
  train: { x: dataset.xTrain, y: dataset.yTrain },
  test: { x: dataset.xTest, y: dataset.yTest },
  classes: dataset.classes ?? null,
});

async function backendOf(run: Run): Promise<Backend> {
  return run.plan?.engine === "reference"
    ? referenceBackend()
    : await onnxruntimeBackend({ device: "cpu", threads });
}

/** The steering that took effect, each at the step at which it did. */
function steeringOf(events: readonly RunEvent[]): SteeringEntry[] {
  return events.flatMap(({ type, data }) =>
    type === "steered" ? [{ request: data.request, changes: data.changes, step: data.step }] : [],
  );
}

async function trained(run: Run, events: readonly RunEvent[], materials: Materials) {
  const { definition, dataset, artifactsDir, address = "" } = materials;
  const artifacts = await openArtifacts(artifactsDir, { address });
  const told: TrainerEvent[] = [];
  await using backend = await backendOf(run);
  const { outcome } = await train({
    assignment: {
      run: run.id,
      attempt: 1,
      settings: settingsOf(run),
      model: { kind: "definition", definition },
      dataset,
      artifactsDir,
      checkpoints: [],
      steering: steeringOf(events),
      secondsUsed: 0,
      threads,
      memoryBytesMax,
    },
    network: networkFrom(definition),
    examples: examplesOf(decode(await artifacts.get(dataset), { bytesMax: datasetBytesMax })),
    backend,
    artifacts: memoryArtifacts(),
    emit: (event) => {
      told.push(event);
    },
  });
  return { outcome, told };
}

/** Column → its figures, all events put together. */
function columnsOf(events: readonly { readonly data: { columns: object } }[]): string {
  const columns: Record<string, unknown[]> = {};
  for (const { data } of events) {
    for (const [name, column] of Object.entries(data.columns as Record<string, unknown[]>)) {
      columns[name] = [...(columns[name] ?? []), ...column];
    }
  }
  return JSON.stringify(columns);
}

type Facts = Readonly<Record<string, unknown>>;

/** Fields that are chance or time; a manifest's digest holds both, its weights neither. */
const ignored: Readonly<Record<string, readonly string[]>> = {
  snapshot: ["id", "seconds"],
  checkpoint: ["id", "digest", "bytes"],
};

/** Names of fields that differ, with both values. */
function differing(kind: string, a: Facts, b: Facts): readonly string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names]
    .filter((name) => !(ignored[kind] ?? []).includes(name))
    .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
    .map((name) => `${name} ${JSON.stringify(a[name])} ≠ ${JSON.stringify(b[name])}`);
}

const comparedKinds = ["evaluation", "anchor", "snapshot", "checkpoint", "steered"] as const;

function differences(
  run: Run,
  log: readonly RunEvent[],
  told: readonly TrainerEvent[],
): readonly Fault[] {
  const faults: Fault[] = [];
  const fault = (detail: string) => faults.push({ run: run.id, rule: "numbers", detail });
  const metrics = log.filter((event) => event.type === "metrics");
  const metricsTold = told.filter((event) => event.kind === "metrics");
  if (columnsOf(metrics) !== columnsOf(metricsTold)) fault("metrics differ");
  for (const kind of comparedKinds) {
    const known = new Map(
      told
        .filter((event) => event.kind === kind)
        .map((event) => [stepOf(event.data), event.data as Facts]),
    );
    const seen = log.filter(({ type }) => type === kind);
    for (const { data } of seen) {
      const step = stepOf(data);
      // A pause stores a checkpoint at a step at which an undisturbed run stores none.
      if (kind === "checkpoint" && !known.has(step)) continue;
      const wrong = differing(kind, data as Facts, known.get(step) ?? {});
      if (wrong.length > 0) fault(`${kind} of step ${step}: ${wrong.join(", ")}`);
      known.delete(step);
    }
    if (known.size > 0) fault(`no ${kind} of steps ${[...known.keys()].join(", ")}`);
  }
  return faults;
}

function stepOf(data: object): string {
  const { step, request } = data as { readonly step: number; readonly request?: number };
  return request === undefined ? String(step) : `${step}/${request}`;
}

/** How a run that succeeded differs from one that nobody disturbed; empty when it does not. */
export async function compareUndisturbed(
  run: Run,
  log: readonly RunEvent[],
  materials: Materials,
): Promise<readonly Fault[]> {
  const { outcome, told } = await trained(run, log, materials);
  const faults = [...differences(run, log, told)];
  const isSame =
    outcome.type === "succeeded" && JSON.stringify(outcome.result) === JSON.stringify(run.result);
  if (!isSame) faults.push({ run: run.id, rule: "numbers", detail: "the result differs" });
  return faults;
}
