/** What every use-case of the catalog is given: ports, limits and the time. */
import type { Artifacts } from "#storage/artifacts.ts";
import type { Store } from "#storage/store.ts";
import type { Workshop } from "./workshop.ts";

/** Limits of this service on models and data sets; published at /v1/limits. */
export interface CatalogLimits {
  /** Trainable numbers of one model. */
  readonly parametersMax: number;
  /** Of an upload as sent. */
  readonly uploadBytesMax: number;
  /** Of a data set as it lies in memory, generated or decoded. */
  readonly datasetBytesMax: number;
  /** Quota of each tenant; null for none. */
  readonly tenantBytesMax: number | null;
}

export const usualCatalogLimits: CatalogLimits = {
  parametersMax: 1_000_000_000,
  uploadBytesMax: 1024 ** 3,
  datasetBytesMax: 1024 ** 3,
  tenantBytesMax: null,
};

export interface CatalogContext {
  readonly store: Store;
  readonly artifacts: Artifacts;
  readonly limits: CatalogLimits;
  /** Where large data sets are read; in this process where there is none. */
  readonly workshop?: Workshop;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
