/**
 * Who works on what, read from the database again and again while a campaign runs: no lease may
 * have two owners under one epoch, and none may go back to an older epoch.
 */
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";

interface LeaseRow {
  readonly id: string;
  readonly owner: string;
  readonly epoch: string;
}

const lookEveryMs = 100;
const answerMsMax = 2000;
const faultsMax = 50;

export class OwnerWatch {
  readonly faults: string[] = [];
  readonly #url: string;
  readonly #owners = new Map<string, string>();
  readonly #epochs = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
  }

  /** Different owners and epochs of all that was worked on. */
  get seen(): number {
    return this.#owners.size;
  }

  take({ id, owner, epoch: text }: LeaseRow): void {
    const epoch = Number(text);
    const key = `${id} ${epoch}`;
    const known = this.#owners.get(key);
    if (known !== undefined && known !== owner) {
      this.#fault(`lease ${key} is ${owner}'s and was ${known}'s`);
    }
    const last = this.#epochs.get(id) ?? 0;
    if (epoch < last) this.#fault(`lease on ${id} went back from ${last} to ${epoch}`);
    this.#owners.set(key, owner);
    this.#epochs.set(id, Math.max(last, epoch));
  }

  #fault(text: string): void {
    if (this.faults.length < faultsMax && !this.faults.includes(text)) this.faults.push(text);
  }

  /** Looks until it is disposed of; a database that is away is looked at again later. */
  begin(): AsyncDisposable {
    const stop = new AbortController();
    const looking = this.#look(stop.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await looking;
      },
    };
  }

  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const client = new pg.Client({
        connectionString: this.#url,
        connectionTimeoutMillis: answerMsMax,
        query_timeout: answerMsMax,
      });
      client.on("error", () => undefined);
      try {
        await client.connect();
        while (!signal.aborted) {
          const { rows } = await client.query<LeaseRow>("select id, owner, epoch from leases");
          for (const row of rows) this.take(row);
          await pause(lookEveryMs);
        }
      } catch {
        await pause(lookEveryMs);
      } finally {
        // A frozen database would not take leave either.
        await Promise.race([client.end().catch(() => undefined), pause(answerMsMax)]);
      }
    }
  }
}
