/**
 * Who a request comes from: by key, by token, by ticket, or anybody where no key is wanted. What a
 * caller may do is decided where routes are.
 */
import type { Config } from "#src/config.ts";
import { Failure } from "#src/failure.ts";
import type { Store } from "#storage/store.ts";
import type { Wakeups } from "#storage/wakeups.ts";
import { anybody, type Caller } from "./caller.ts";
import { callerOfKey, isKey, type KeyContext } from "./keys.ts";
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
  readonly #wakeups: Wakeups;
  readonly #now: () => number;
  readonly #checkToken: CheckToken | undefined;
  /** What is open for each key, to be ended with it. */
  readonly #open = new Map<string, Set<Ended>>();
  /** How to hear no more of keys, by key. */
  readonly #deaf = new Map<string, () => void>();

  constructor(
    config: Pick<Config, "auth" | "oidc">,
    { store, now, wakeups }: Pick<KeyContext, "store" | "now"> & { readonly wakeups: Wakeups },
  ) {
    this.#wanted = config.auth === "keys";
    this.#store = store;
    this.#wakeups = wakeups;
    this.#now = now;
    this.tickets = new Tickets(store);
    this.#checkToken = config.oidc === null ? undefined : openTokens(config.oidc);
  }

  /** Failure `unauthenticated`, or `identity_unavailable` when a token cannot be checked. */
  async identify({ authorization, ticket }: Credentials): Promise<Caller> {
    if (ticket !== undefined) {
      const caller = await this.tickets.redeem(ticket);
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
    if (key !== null) this.#hear(key, ended);
    return () => {
      clearTimeout(timer);
      if (key === null) return;
      const open = this.#open.get(key);
      open?.delete(ended);
      if (open?.size === 0) this.#forget(key);
    };
  }

  /** A key was deleted: ends what it had opened, here and on other replicas. */
  revoke(key: string): void {
    this.#wakeups.wake(key);
    const open = this.#open.get(key);
    this.#forget(key);
    for (const ended of open ?? []) ended();
  }

  #forget(key: string): void {
    this.#open.delete(key);
    this.#deaf.get(key)?.();
    this.#deaf.delete(key);
  }

  #hear(key: string, ended: Ended): void {
    const open = this.#open.get(key);
    if (open !== undefined) {
      open.add(ended);
      return;
    }
    this.#open.set(key, new Set([ended]));
    this.#deaf.set(
      key,
      this.#wakeups.subscribe(key, () => void this.#look(key)),
    );
  }

  /** Something was told of the key: it may be gone. A store in trouble ends nothing. */
  async #look(key: string): Promise<void> {
    const found = await this.#store.read((reader) => reader.apiKey(key)).catch(() => null);
    if (found === undefined && this.#open.has(key)) this.revoke(key);
  }
}
