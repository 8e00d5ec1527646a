/**
 * One-time tickets for streams: a browser cannot send a header when it opens a WebSocket, and a
 * key does not belong into an address. A ticket lives for a minute in the store, so that any
 * replica may be the one where it is used.
 */
import { createHash, randomBytes } from "node:crypto";
import { Failure } from "#src/failure.ts";
import type { Store } from "#storage/store.ts";
import type { Caller } from "./caller.ts";

const ticketLifeMs = 60_000;
/** Tickets that wait to be used: of one caller, and of all. */
const perCallerMax = 100;
const ticketsMax = 10_000;
const ticketBytes = 32;

/** A caller as it is kept with a ticket. */
type Kept = Omit<Caller, "scopes">;

const digestOf = (ticket: string): string => createHash("sha256").update(ticket).digest("hex");

export class Tickets {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * A ticket with nothing but `stream:read`, and how long it lives. Failure `rate_limited` when too
   * many wait.
   */
  async issue(caller: Caller): Promise<{ readonly ticket: string; readonly lifeMs: number }> {
    const ticket = `tkt_${randomBytes(ticketBytes).toString("base64url")}`;
    const { scopes: _scopes, ...kept } = caller;
    const record = {
      digest: digestOf(ticket),
      caller: caller.name,
      document: JSON.stringify(kept satisfies Kept),
    };
    await this.#store.write(async ({ fleet }) => {
      const waiting = await fleet.ticketsWaiting(caller.name);
      if (waiting.own >= perCallerMax || waiting.all >= ticketsMax) {
        throw new Failure("rate_limited", "Too many tickets wait to be used.", {
          retryAfterSeconds: ticketLifeMs / 1000,
        });
      }
      await fleet.keepTicket(record, ticketLifeMs);
    });
    return { ticket, lifeMs: ticketLifeMs };
  }

  /** Who a ticket was given to; undefined when it is unknown, was used, or is too old. */
  async redeem(ticket: string): Promise<Caller | undefined> {
    const digest = digestOf(ticket);
    const document = await this.#store.write((writer) => writer.fleet.useTicket(digest));
    if (document === undefined) return undefined;
    return { ...(JSON.parse(document) as Kept), scopes: new Set(["stream:read"]) };
  }
}
