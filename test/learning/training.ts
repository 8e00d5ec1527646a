/** Small networks, data sets and assignments for tests of training, and a store in memory. */
import { createHash } from "node:crypto";
import type { Backend } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { tensor } from "#engine/tensor.ts";
import type { Examples } from "#learning/examples.ts";
import { type Trained, type TrainOptions, train } from "#learning/train.ts";
import type { Assignment, RunSettings, TrainerEvent } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { stream } from "#src/random.ts";
import type { Artifacts } from "#storage/artifacts.ts";

/** A two-layer network with smooth activations. */
export function smallNetwork(outputs = 3, activation: "tanh" | "relu" = "tanh"): Network {
  return networkFrom({
    input: { shape: [4] },
    layers: [
      { type: "dense", units: 6, activation },
      { type: "dense", units: outputs },
    ],
  });
}

/** `train` + `test` examples of four normal inputs whose class is given by the first two. */
export function smallExamples(train = 20, test = 7): Examples {
  const random = stream(7, "examples");
  const make = (examples: number) => {
    const x = Float64Array.from({ length: examples * 4 }, () => random.normal());
    const y = Int32Array.from({ length: examples }, (_, at) => {
      const [a = 0, b = 0] = x.subarray(at * 4);
      return a * b > 0 ? 0 : a > 0 ? 1 : 2;
    });
    return { x: tensor("float64", [examples, 4], x), y: tensor("int32", [examples], y) };
  };
  return { train: make(train), test: make(test), classes: 3 };
}

export function settingsOf(changes: Partial<RunSettings> = {}): RunSettings {
  return {
    loss: "softmax_cross_entropy",
    algorithm: { type: "standard" },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 4,
    steps: 24,
    seed: 3,
    dtype: "float64",
    engine: "reference",
    device: "cpu",
    evaluate: { every: 10 },
    snapshots: null,
    checkpoints: { every: null, keep: 3 },
    stop: {},
    ...changes,
  };
}

export function assignmentOf(settings: RunSettings, changes: Partial<Assignment> = {}): Assignment {
  return {
    run: "run_1",
    attempt: 1,
    settings,
    model: { kind: "definition", definition: { input: { shape: [4] }, layers: [] } },
    dataset: "sha256:none",
    artifactsDir: "",
    checkpoints: [],
    steering: [],
    secondsUsed: 0,
    threads: 1,
    memoryBytesMax: 1e9,
    ...changes,
  };
}

async function wholeOf(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content.slice();
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Artifacts in a map; `kept` lets a test damage them. */
export function memoryArtifacts(): Artifacts & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  const found = (digest: string): Uint8Array => {
    const bytes = kept.get(digest);
    if (bytes === undefined) throw new Failure("not_found", digest);
    return bytes;
  };
  return {
    kept,
    async put(content) {
      const bytes = await wholeOf(content);
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      kept.set(digest, bytes);
      return { digest, bytes: bytes.length };
    },
    size: async (digest) => kept.get(digest)?.length,
    async get(digest) {
      const bytes = found(digest);
      const actual = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      if (actual !== digest) throw new Failure("storage_corrupt", digest);
      return bytes.slice();
    },
    async *stream(digest, range) {
      const bytes = found(digest);
      yield range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
    },
    async delete(digest) {
      kept.delete(digest);
    },
    async *list() {
      for (const [digest, bytes] of kept) yield { digest, bytes: bytes.length, modifiedMs: 0 };
    },
    bytesFree: async () => Number.POSITIVE_INFINITY,
    check: async () => {},
  };
}

export interface Finished extends Trained {
  readonly events: readonly TrainerEvent[];
  readonly artifacts: ReturnType<typeof memoryArtifacts>;
}

/** Trains in this process and collects every event. */
export async function trained(
  settings: Partial<RunSettings>,
  options: Partial<TrainOptions> & { readonly change?: Partial<Assignment> } = {},
): Promise<Finished> {
  const events: TrainerEvent[] = [];
  const artifacts = memoryArtifacts();
  const { change, ...others } = options;
  const backend: Backend = referenceBackend();
  const result = await train({
    assignment: assignmentOf(settingsOf(settings), change),
    network: smallNetwork(),
    examples: smallExamples(),
    backend,
    artifacts,
    emit: (event) => {
      events.push(event);
    },
    ...others,
  });
  const kept = (others.artifacts as ReturnType<typeof memoryArtifacts> | undefined) ?? artifacts;
  return { ...result, events, artifacts: kept };
}

type DataOf<K extends TrainerEvent["kind"]> = Extract<TrainerEvent, { kind: K }>["data"];

export function eventsOf<K extends TrainerEvent["kind"]>(
  events: readonly TrainerEvent[],
  kind: K,
): readonly DataOf<K>[] {
  return events.filter((event) => event.kind === kind).map(({ data }) => data as DataOf<K>);
}

/** Every value of a metrics column, in order. */
export function columnOf(events: readonly TrainerEvent[], name: string): readonly unknown[] {
  return eventsOf(events, "metrics").flatMap(({ columns }) => columns[name] ?? []);
}

/** Digest of the arrays of the last checkpoint. */
export function lastWeights({ events }: Pick<Finished, "events">): string {
  const checkpoint = eventsOf(events, "checkpoint").at(-1);
  if (checkpoint === undefined) throw new Error("no checkpoint was reported");
  return checkpoint.weights;
}
