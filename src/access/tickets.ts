/**
 * One-time tickets for streams: a browser cannot send a header when it opens a WebSocket, and a
 * key does not belong into an address. A ticket lives for a minute in this process's memory.
 */
import { createHash, randomBytes } from "node:crypto";
import { Failure } from "#src/failure.ts";
import type { Caller } from "./caller.ts";

export const ticketLifeMs = 60_000;
/** Tickets that wait to be used: of one caller, and of all. */
const perCallerMax = 100;
const ticketsMax = 10_000;
const ticketBytes = 32;

interface Waiting {
  readonly caller: Caller;
  readonly expiresMs: number;
}

const digestOf = (ticket: string): string => createHash("sha256").update(ticket).digest("hex");

export class Tickets {
  readonly #waiting = new Map<string, Waiting>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A ticket with nothing but `stream:read`. Failure `rate_limited` when too many wait. */
  issue(caller: Caller): { readonly ticket: string; readonly expiresMs: number } {
    this.#forgetOld();
    const own = [...this.#waiting.values()].filter(
      (waiting) => waiting.caller.name === caller.name,
    );
    if (own.length >= perCallerMax || this.#waiting.size >= ticketsMax) {
      throw new Failure("rate_limited", "Too many tickets wait to be used.", {
        retryAfterSeconds: ticketLifeMs / 1000,
      });
    }
    const ticket = `tkt_${randomBytes(ticketBytes).toString("base64url")}`;
    const expiresMs = this.#now() + ticketLifeMs;
    const bearer: Caller = { ...caller, scopes: new Set(["stream:read"]) };
    this.#waiting.set(digestOf(ticket), { caller: bearer, expiresMs });
    return { ticket, expiresMs };
  }

  /** Who a ticket was given to; undefined when it is unknown, was used, or is too old. */
  redeem(ticket: string): Caller | undefined {
    const digest = digestOf(ticket);
    const waiting = this.#waiting.get(digest);
    this.#waiting.delete(digest);
    return waiting !== undefined && waiting.expiresMs > this.#now() ? waiting.caller : undefined;
  }

  /** Tickets are kept in the order in which they expire. */
  #forgetOld(): void {
    for (const [digest, { expiresMs }] of this.#waiting) {
      if (expiresMs > this.#now()) return;
      this.#waiting.delete(digest);
    }
  }
}
