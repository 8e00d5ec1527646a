/**
 * What the edge needs from the rooms behind it: storage ports, what the use-cases of runs and the
 * catalog are given, and the state of the process. service.ts fills it in, or a test.
 */
import type { CatalogContext } from "#catalog/context.ts";
import type { RunContext } from "#runs/context.ts";
import type { Prediction, PredictRequest } from "#schemas/predict.ts";
import type { Config } from "#src/config.ts";
import type { Log } from "#src/log.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { Store } from "#storage/store.ts";
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
  readonly wakeups: Wakeups;
  /** For the use-cases in runs/. */
  readonly runs: RunContext;
  /** For the use-cases in catalog/. */
  readonly catalog: CatalogContext;
  predict(run: string, request: PredictRequest, signal: AbortSignal): Promise<Prediction>;
  /** What readiness looks at beside the store and the disk. */
  checks(): Promise<Readonly<Record<string, Check>>>;
  isDraining(): boolean;
  /** Aborts when the service closes: what streams ends then. */
  readonly closing: AbortSignal;
}
