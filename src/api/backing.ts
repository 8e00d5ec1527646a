/**
 * What the edge needs from the rooms behind it: storage ports, what the use-cases of runs and the
 * catalog are given, and the state of the process. service.ts fills it in, or a test.
 */
import type { FastifyRequest } from "fastify";
import type { DeviceSurvey } from "#api/devices.ts";
import type { CatalogContext } from "#catalog/context.ts";
import type { Workshop } from "#catalog/workshop.ts";
import type { RunContext } from "#runs/context.ts";
import type { PlanAnswer } from "#schemas/plan.ts";
import type { Prediction, PredictRequest } from "#schemas/predict.ts";
import type { RunRequest } from "#schemas/run.ts";
import type { Access } from "#src/access/access.ts";
import type { Config } from "#src/config.ts";
import type { Log } from "#src/log.ts";
import type { Metrics } from "#src/metrics/metrics.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { Store } from "#storage/store.ts";
import type { Uploads } from "#storage/uploads.ts";
import type { Wakeups } from "#storage/wakeups.ts";

export interface Check {
  readonly ok: boolean;
  readonly detail?: string;
}

export interface Backing {
  readonly config: Config;
  readonly version: string;
  readonly log: Log;
  readonly store: Store;
  readonly artifacts: Artifacts;
  readonly uploads: Uploads;
  readonly wakeups: Wakeups;
  /** For the use-cases in runs/. */
  readonly runs: RunContext;
  /** For the use-cases in catalog/. */
  readonly catalog: CatalogContext;
  /** Children that read and write files of models. */
  readonly workshop: Workshop;
  /** Plans a run with what `runs` may see; with everything unless given. */
  plan(request: RunRequest, signal: AbortSignal, runs?: RunContext): Promise<PlanAnswer>;
  predict(run: string, request: PredictRequest, signal: AbortSignal): Promise<Prediction>;
  /** What this machine offers. */
  readonly devices: Pick<DeviceSurvey, "find">;
  /** What readiness looks at beside the store and the disk. */
  checks(): Promise<Readonly<Record<string, Check>>>;
  isDraining(): boolean;
  /** Aborts when the service closes: what streams ends then. */
  readonly closing: AbortSignal;
  readonly access: Access;
  readonly metrics: Metrics;
}

/**
 * What routes of tenants' resources are given: without a request they reach nobody's rows, and
 * with one only those of its tenant.
 */
export interface Edge extends Omit<Backing, "store" | "runs" | "catalog" | "predict" | "plan"> {
  of(request: FastifyRequest): Backing;
}
