/**
 * PORT, part of the store: what replicas leave for each other. Who works, what is asked of workers,
 * tickets that are good for one use on any replica, and whose turn an occasional task is. Times are
 * by the database's clock.
 */

/** A worker as it describes itself; `document` is JSON for people and for the edge. */
export interface WorkerRecord {
  readonly id: string;
  readonly document: string;
}

export interface SeenWorker extends WorkerRecord {
  readonly silentMs: number;
}

/** Short work for any worker: bytes that asker and worker understand, as text. */
export interface AskedErrand {
  readonly id: string;
  readonly kind: string;
  readonly request: string;
}

export interface TicketRecord {
  readonly digest: string;
  readonly caller: string;
  readonly document: string;
}

/** Inside a write; all of it is part of that transaction. */
export interface Fleet {
  /** The worker was seen now. */
  report(worker: WorkerRecord): Promise<void>;
  /** By id; those that were silent for longer than `silentMs` are forgotten. */
  workers(silentMs: number): Promise<readonly SeenWorker[]>;
  leave(worker: string): Promise<void>;

  ask(errand: AskedErrand, forMs: number): Promise<void>;
  /** The oldest errand of these kinds that nobody has taken and that is still waited for. */
  take(owner: string, kinds: readonly string[]): Promise<AskedErrand | undefined>;
  answer(id: string, answer: string): Promise<void>;
  /** Null while there is none yet; undefined when the errand is not asked any more. */
  answerTo(id: string): Promise<string | null | undefined>;
  withdraw(id: string): Promise<void>;

  /** How many tickets wait: of this caller, and of all. */
  ticketsWaiting(caller: string): Promise<{ readonly own: number; readonly all: number }>;
  keepTicket(ticket: TicketRecord, forMs: number): Promise<void>;
  /** The document of a ticket that is now used up; undefined when it is unknown or too old. */
  useTicket(digest: string): Promise<string | undefined>;

  /** Whether it is this replica's turn: nobody has had it for `everyMs`. */
  turn(name: string, everyMs: number): Promise<boolean>;
}
