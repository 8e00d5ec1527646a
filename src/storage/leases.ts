/**
 * PORT, part of the store: leases. Whoever works on something holds a lease on it for a time, and
 * says so with everything it writes: a lease that passed to another refuses what comes late. Their
 * time is the database's own, so that no two machines have to agree on theirs.
 */

export interface Lease {
  /** Of what is worked on: a run, a kernel, an errand. */
  readonly id: string;
  /** The worker. */
  readonly owner: string;
  /** Grows with every owner: of a run it is the number of the attempt. */
  readonly epoch: number;
}

export interface HeldLease extends Lease {
  /** Its time has passed: anybody may take over. */
  readonly isOver: boolean;
}

/** Inside a write; all of it is part of that transaction. */
export interface Leases {
  /** Takes the place of whatever lease there was. */
  grant(lease: Lease, forMs: number): Promise<void>;
  /** Failure `lease_lost` unless it is in force with this owner and epoch; stays so to the end. */
  hold(lease: Lease): Promise<void>;
  of(id: string): Promise<HeldLease | undefined>;
  /** Makes those last anew that are still in force; the ids of these. */
  renew(leases: readonly Lease[], forMs: number): Promise<ReadonlySet<string>>;
  release(id: string): Promise<void>;
}
