/**
 * Keeps the leases of this process in force. Whoever holds one is told before its time is over when
 * it could not be renewed, so that nothing is trained that another worker may have begun anew.
 */
import type { Lease } from "#storage/leases.ts";
import type { Store } from "#storage/store.ts";
import type { Log } from "./context.ts";

export interface LeaseKeeperOptions {
  readonly store: Store;
  readonly log: Log;
  /** How long a lease lasts from its grant or renewal, by the database's clock. */
  readonly leaseMs: number;
}

/** A lease that was granted, and the moment before that by a clock that never goes back. */
export interface Granted {
  readonly lease: Lease;
  readonly sinceMs: number;
}

interface Kept {
  readonly lease: Lease;
  readonly lost: (detail: string) => void;
  timer: NodeJS.Timeout;
}

/** Renewals in the time of one lease: all but the last may fail. */
const renewalsPerLease = 5;
/** Of the lease's time: what is left to end a trainer in, and for clocks that differ in speed. */
const marginShare = 0.2;
/** Renewals that may wait for their answers: a new one is asked on another connection. */
const underWayMax = 2;

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #kept = new Map<string, Kept>();
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  get leaseMs(): number {
    return this.#options.leaseMs;
  }

  /** Keeps a lease until the returned function is called; `lost` is called once at most. */
  keep({ lease, sinceMs }: Granted, lost: (detail: string) => void): () => void {
    const timer = this.#deadline(lease.id, sinceMs);
    const kept: Kept = { lease, lost, timer };
    this.#kept.set(lease.id, kept);
    const everyMs = this.#options.leaseMs / renewalsPerLease;
    this.#timer ??= setInterval(() => void this.#renew(), everyMs);
    return () => {
      if (this.#kept.get(lease.id) === kept) this.#forget(kept);
    };
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer);
    this.#kept.delete(kept.lease.id);
    if (this.#kept.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #deadline(id: string, sinceMs: number): NodeJS.Timeout {
    const { leaseMs } = this.#options;
    const leftMs = sinceMs + leaseMs * (1 - marginShare) - performance.now();
    return setTimeout(() => this.#lose(id, "its lease could not be renewed in time"), leftMs);
  }

  #lose(id: string, detail: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#forget(kept);
    kept.lost(detail);
  }

  async #renew(): Promise<void> {
    if (this.#underWay >= underWayMax) return;
    this.#underWay += 1;
    const { store, log, leaseMs } = this.#options;
    const asked = [...this.#kept.values()];
    const leases = asked.map(({ lease }) => lease);
    const sinceMs = performance.now();
    try {
      const renewed = await store.write((writer) => writer.leases.renew(leases, leaseMs));
      for (const kept of asked) {
        const { id } = kept.lease;
        if (this.#kept.get(id) !== kept) continue;
        clearTimeout(kept.timer);
        if (renewed.has(id)) kept.timer = this.#deadline(id, sinceMs);
        else this.#lose(id, "its lease passed to another worker");
      }
    } catch (err) {
      log.warn({ err }, "leases could not be renewed; it is tried again");
    } finally {
      this.#underWay -= 1;
    }
  }
}
