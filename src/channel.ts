/**
 * The one bridge between the server and its children: the messages that pass, typed. A trainer
 * knows nothing of the log, the server nothing of tensors. Messages go over Node's IPC with
 * `serialization: "advanced"`; tensors travel as artifacts, never in a message.
 */
import type { Arithmetic } from "#schemas/device.ts";
import type { EventData, EventKind } from "#schemas/event.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Definition, ImportOptions, Model } from "#schemas/model.ts";
import type { PlanAnswer } from "#schemas/plan.ts";
import type { FieldError } from "#schemas/problem.ts";
import type { Evaluation, Plan, Run, RunError, Steering } from "#schemas/run.ts";
import type { CompareErrand, CompareResult } from "./comparing.ts";
import type { ReadDatasetErrand, ReadDatasetResult } from "./dataset-source.ts";
import type { KernelDone, KernelShare, ShareOf } from "./kernel-shares.ts";
import type { StoredArray } from "./stored-arrays.ts";

/** What a run asks for, with every default filled in. */
export type RunSettings = Pick<
  Run,
  | "loss"
  | "algorithm"
  | "optimizer"
  | "batch_size"
  | "steps"
  | "seed"
  | "dtype"
  | "engine"
  | "device"
  | "evaluate"
  | "snapshots"
  | "checkpoints"
  | "stop"
>;

/** Where a trainer finds the network. */
export type ModelSource =
  | {
      readonly kind: "definition";
      readonly definition: Definition;
      /** Digest of a safetensors file with the first values of all arrays; drawn unless given. */
      readonly weights?: string;
    }
  | {
      readonly kind: "onnx";
      /** Digest of the file, which holds the first weights. */
      readonly digest: string;
      readonly options: ImportOptions;
    };

/** What reading a file of a network has shown. */
export interface Inspection
  extends Pick<Model, "inputs" | "outputs" | "parameters" | "layers" | "operations" | "warnings"> {
  readonly coupling: readonly string[];
  readonly import: NonNullable<Model["import"]>;
}

/** A wish to change a live run. `step` is set once it took effect and is on the log. */
export interface SteeringEntry {
  readonly request: number;
  readonly changes: Steering;
  readonly step: number | null;
}

export interface CheckpointReference {
  readonly id: string;
  readonly step: number;
  /** Digest of the manifest. */
  readonly digest: string;
}

/** Everything that one attempt at a run needs. */
export interface Assignment {
  readonly run: string;
  readonly attempt: number;
  readonly settings: RunSettings;
  readonly model: ModelSource;
  /** Digest of the data set in its canonical encoding. */
  readonly dataset: string;
  readonly artifactsDir: string;
  /** Newest first. Empty: begin at step 0. A damaged one is skipped, with a log event. */
  readonly checkpoints: readonly CheckpointReference[];
  /** A fork has no beginning of its own: it needs a checkpoint. False unless given. */
  readonly isFork?: boolean;
  /** All steering so far: applied again at its step when the run resumes before it. */
  readonly steering: readonly SteeringEntry[];
  /**
   * Steps whose metrics are on the log: steering that has no step yet takes effect no earlier, so
   * that what is on the log stays true. 0 unless given.
   */
  readonly stepsLogged?: number;
  /** Seconds of training that earlier attempts used, for `stop.seconds`. */
  readonly secondsUsed: number;
  readonly threads: number;
  readonly memoryBytesMax: number;
  /** Which of several GPUs is meant where the run names none; the first unless given. */
  readonly gpu?: number;
}

/** Events that a trainer may report; the server adds seq and time. `status` is the server's own. */
export type TrainerEventKind = Exclude<EventKind, "status">;

export type TrainerEvent = {
  [K in TrainerEventKind]: {
    readonly kind: K;
    /**
     * Names what happened, the same in every attempt, such as `evaluation:200`: an event whose key
     * is already in the log is not recorded again. Metrics are instead cut to the steps that the
     * log does not have yet.
     */
    readonly key: string;
    readonly data: EventData<K>;
  };
}[TrainerEventKind];

/** How an attempt ended by the trainer's own word. */
export type Outcome =
  | { readonly type: "succeeded"; readonly result: Evaluation }
  | { readonly type: "paused" }
  | { readonly type: "cancelled"; readonly result: Evaluation | null }
  | { readonly type: "failed"; readonly error: RunError };

/** Where a trainer finds the examples of a kernel. */
export type KernelExamples =
  | {
      readonly source: "dataset";
      /** Digest of the data set in its canonical encoding. */
      readonly digest: string;
      readonly split: "train" | "test";
      /** Null: the first `count`. */
      readonly indices: readonly number[] | null;
      readonly count: number;
    }
  | {
      readonly source: "inputs";
      /** Digest of a safetensors file with one tensor `x` [N, …input shape]. */
      readonly digest: string;
      readonly count: number;
    };

/** A one-off kernel. */
export interface KernelWork {
  readonly model: ModelSource;
  readonly artifactsDir: string;
  readonly weights: { readonly seed: number } | { readonly checkpoint: string };
  readonly first: KernelExamples;
  /** Null: of the first set with itself. */
  readonly second: KernelExamples | null;
  readonly variant: KernelVariant;
  readonly method: "structured" | "explicit";
  readonly precision: "float32" | "float64";
  /** Largest eigenvalues that are reported. */
  readonly eigenvalues: number;
  /** Fitted to the first set, scored on the second; null where none is asked for. */
  readonly regression: { readonly ridge: number; readonly prior: "network" | "zero" } | null;
  readonly threads: number;
}

/** Work of a short-lived kind, done by a child on request: never in the server. */
export type Errand =
  | {
      /** Whether a small program runs on a device. */
      readonly kind: "probe";
      readonly artifactsDir: string;
      readonly engine: "onnxruntime" | "tfjs";
      readonly device: "cpu" | "cuda" | "webgpu";
      /** Package of TensorFlow.js. */
      readonly flavour?: string;
    }
  | {
      readonly kind: "predict";
      readonly model: ModelSource;
      readonly artifactsDir: string;
      readonly checkpoint: string;
      readonly function: "network" | "linearised";
      /** [N, ...input shape], row-major. */
      readonly inputs: Float64Array;
      readonly examples: number;
    }
  | {
      /** Initial weights as an artifact in safetensors. */
      readonly kind: "initial_weights";
      readonly model: ModelSource;
      readonly artifactsDir: string;
      readonly seed: number;
    }
  | {
      /** What a run would take, that is planned and not begun. */
      readonly kind: "plan";
      readonly model: ModelSource;
      readonly artifactsDir: string;
      readonly assignment: Assignment;
    }
  | ({ readonly kind: "kernel" } & KernelWork)
  /** Some of its rows, and all of it from what several children have computed. */
  | ({ readonly kind: "kernel_share"; readonly share: ShareOf } & KernelWork)
  | ({ readonly kind: "kernel_join"; readonly shares: readonly KernelShare[] } & KernelWork)
  | {
      /** Reads a file from strangers and compares its network with ONNX Runtime on the file. */
      readonly kind: "inspect";
      readonly model: Extract<ModelSource, { kind: "onnx" }>;
      readonly artifactsDir: string;
      readonly memoryBytesMax: number;
      readonly threads: number;
    }
  | {
      /** Writes an ONNX file, or a tar of it and its weights where they are too large for it. */
      readonly kind: "export";
      readonly model: ModelSource;
      readonly artifactsDir: string;
      readonly weights: { readonly seed: number } | { readonly checkpoint: string };
      readonly function: "network" | "linearised";
      /** `original`: the file that the model came from, where there is one. */
      readonly graph: "original" | "clean";
    }
  | CompareErrand
  | {
      /** Weights from files of another program as an artifact in safetensors. */
      readonly kind: "gather_weights";
      readonly model: Extract<ModelSource, { kind: "definition" }>;
      readonly artifactsDir: string;
      readonly arrays: readonly StoredArray[];
    }
  | ReadDatasetErrand;

/** Hands errands to a child. */
export interface ErrandRunner {
  perform<E extends Errand>(
    errand: E,
    signal?: AbortSignal,
  ): Promise<Extract<ErrandResult, { readonly kind: E["kind"] }>>;
}

export type ErrandResult =
  | {
      readonly kind: "probe";
      readonly provider: string;
      readonly milliseconds: number;
      /** Of float32 products, measured. */
      readonly precision: Arithmetic;
    }
  | {
      readonly kind: "predict";
      readonly step: number;
      /** Per-example output shape. */
      readonly shape: readonly number[];
      readonly outputs: Float64Array;
    }
  | { readonly kind: "initial_weights"; readonly digest: string; readonly bytes: number }
  | { readonly kind: "plan"; readonly answer: PlanAnswer }
  | ({ readonly kind: "kernel_share" } & KernelShare)
  | ({ readonly kind: "kernel" } & KernelDone)
  | ({ readonly kind: "kernel_join" } & KernelDone)
  | { readonly kind: "inspect"; readonly inspection: Inspection }
  | {
      readonly kind: "export";
      readonly digest: string;
      readonly bytes: number;
      readonly format: "onnx" | "tar";
    }
  | { readonly kind: "gather_weights"; readonly digest: string; readonly bytes: number }
  | CompareResult
  | ReadDatasetResult;

export type ToTrainer =
  | { readonly type: "begin"; readonly assignment: Assignment }
  | { readonly type: "steer"; readonly request: number; readonly changes: Steering }
  /** Save a checkpoint and end, to go on later (pause) or not (cancel). */
  | { readonly type: "pause" }
  | { readonly type: "cancel" }
  /** How many events are on the log by now; a trainer keeps at most `eventsUnackedMax` ahead. */
  | { readonly type: "ack"; readonly events: number }
  | { readonly type: "errand"; readonly id: number; readonly errand: Errand };

export type FromTrainer =
  | { readonly type: "ready" }
  /** A sign of life: a child that says nothing for long is taken for hung, and killed. */
  | { readonly type: "alive" }
  | { readonly type: "started"; readonly plan: Plan; readonly step: number }
  | { readonly type: "event"; readonly event: TrainerEvent }
  | { readonly type: "ended"; readonly outcome: Outcome; readonly seconds: number }
  | { readonly type: "errand_done"; readonly id: number; readonly result: ErrandResult }
  | {
      readonly type: "errand_failed";
      readonly id: number;
      readonly error: RunError;
      /** Each fault of what was refused. */
      readonly errors?: readonly FieldError[];
    };

/** Events that a trainer may have under way before it waits for an acknowledgement. */
export const eventsUnackedMax = 64;
