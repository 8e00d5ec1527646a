/**
 * Who a request comes from: by key, by token, by ticket, or anybody where no key is wanted. What a
 * caller may do is decided where routes are.
 */
import type { Config } from "#src/config.ts";
import { Failure } from "#src/failure.ts";
import type { Store } from "#storage/store.ts";
import { anybody, type Caller } from "./caller.ts";
import { callerOfKey, isKey } from "./keys.ts";
import { Tickets } from "./tickets.ts";
import { type CheckToken, openTokens } from "./tokens.ts";

export interface Credentials {
  readonly authorization: string | undefined;
  /** Of the query, on streams alone. */
  readonly ticket: string | undefined;
}

type Ended = () => void;

function wrong(message: string): Failure {
  return new Failure("unauthenticated", message);
}

export class Access {
  readonly tickets: Tickets;
  readonly #wanted: boolean;
  readonly #store: Store;
  readonly #now: () => number;
  readonly #checkToken: CheckToken | undefined;
  /** What is open for each key, to be ended with it. */
  readonly #open = new Map<string, Set<Ended>>();

  constructor(
    config: Pick<Config, "auth" | "oidc">,
    { store, now }: { readonly store: Store; readonly now: () => number },
  ) {
    this.#wanted = config.auth === "keys";
    this.#store = store;
    this.#now = now;
    this.tickets = new Tickets(now);
    this.#checkToken = config.oidc === null ? undefined : openTokens(config.oidc);
  }

  /** Failure `unauthenticated`, or `identity_unavailable` when a token cannot be checked. */
  async identify({ authorization, ticket }: Credentials): Promise<Caller> {
    if (ticket !== undefined) {
      const caller = this.tickets.redeem(ticket);
      if (caller !== undefined) return caller;
      throw wrong("The ticket is unknown, was used, or is older than a minute.");
    }
    if (!this.#wanted) return anybody;
    const [, credential] = /^Bearer +([^ ]+)$/i.exec(authorization?.trim() ?? "") ?? [];
    if (credential === undefined) throw wrong("Send a key: `Authorization: Bearer lnt_…`.");
    const found = isKey(credential)
      ? await callerOfKey({ store: this.#store, now: this.#now }, credential)
      : await this.#checkToken?.(credential);
    if (found === undefined) throw wrong("The key or token is unknown, expired or not for here.");
    return found;
  }

  /**
   * Calls `ended` once when the caller's time is over or its key is deleted, for what stays open.
   * Returns how to take that back.
   */
  whenOver(caller: Caller, ended: Ended): () => void {
    const { key, expiresMs } = caller;
    const leftMs = expiresMs === null ? null : Math.max(0, expiresMs - this.#now());
    // Longer ones than a timer can hold are found expired when they come back.
    const timer = leftMs === null || leftMs > 2 ** 31 - 1 ? undefined : setTimeout(ended, leftMs);
    timer?.unref();
    if (key !== null) this.#open.set(key, (this.#open.get(key) ?? new Set()).add(ended));
    return () => {
      clearTimeout(timer);
      if (key === null) return;
      const open = this.#open.get(key);
      open?.delete(ended);
      if (open?.size === 0) this.#open.delete(key);
    };
  }

  /** A key was deleted: ends what it had opened. */
  revoke(key: string): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    for (const ended of open ?? []) ended();
  }
}
