/** What every use-case of runs is given: ports, limits and the time. None reaches further. */
import { kernelFileBytesMax, kernelMemoryBytesMax } from "#schemas/kernel.ts";
import type { Run } from "#schemas/run.ts";
import type { Store, Writer } from "#storage/store.ts";
import type { Wakeups } from "#storage/wakeups.ts";
import type { RunSights } from "./sights.ts";

/** Limits of this service on runs; published at /v1/limits. */
export interface RunLimits {
  readonly runsQueuedMax: number;
  /** Quotas of each tenant; null for none. */
  readonly tenantQueuedMax: number | null;
  readonly tenantRunsMax: number | null;
  readonly tenantBytesMax: number | null;
  /** Of one trainer, by the estimate before it starts. */
  readonly memoryBytesMax: number;
  /** Of one kernel, [N, O, N, O] when full. */
  readonly kernelBytesMax: number;
  /** Of a one-off full kernel of one set, which is computed straight into its file. */
  readonly kernelFileBytesMax: number;
  /** Requests to steer one run, over its life. */
  readonly steeringMax: number;
  /** Engines that a trainer of this service can load. */
  readonly engines: readonly string[];
  /** GPUs that a run can name, where this machine alone trains; empty where that is not known. */
  readonly gpus: readonly { readonly index?: number; readonly name: string }[];
}

export const usualRunLimits: RunLimits = {
  runsQueuedMax: 1000,
  tenantQueuedMax: null,
  tenantRunsMax: null,
  tenantBytesMax: null,
  memoryBytesMax: 4 * 1024 ** 3,
  kernelBytesMax: kernelMemoryBytesMax,
  kernelFileBytesMax,
  steeringMax: 1000,
  engines: ["onnxruntime", "tfjs", "reference"],
  gpus: [],
};

export interface RunContext {
  readonly store: Store;
  readonly wakeups: Wakeups;
  readonly limits: RunLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The trace that new runs come from; none when absent. */
  readonly traceparent?: string;
  /** Who counts what happens; nobody when absent. */
  readonly sights?: RunSights;
}

/** What a use-case may be asked to do in its own transaction, such as storing its answer. */
export interface Alongside {
  readonly alongside?: (writer: Writer, run: Run) => Promise<void>;
}

/** Where diagnostics go; pino's shape. Never a payload, never a key. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The topic of wake-ups for whoever starts runs and passes wishes on. */
export const queueTopic = "queue";

export function timeOf(nowMs: number): string {
  return new Date(nowMs).toISOString();
}
