/**
 * Wake-ups between the processes of one PostgreSQL database: LISTEN and NOTIFY over a connection of
 * their own, beside those inside this process. A process hears of the kinds of things that somebody
 * in it waits for. What is lost meanwhile is made up for by waking everybody, and by looking again.
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { StorageLog } from "#storage/log.ts";
import { connectionOptions } from "#storage/store/postgres.ts";
import type { Topic, Wakeups } from "#storage/wakeups.ts";
import { LocalWakeups } from "./local.ts";

export interface PostgresWakeupsOptions {
  readonly url: string;
  readonly log?: StorageLog;
  /** False: it sends, and hears this process alone. The server wakes all listeners each time. */
  readonly listens?: boolean;
}

/** Of topics without a kind: every process hears them. */
const mainChannel = "linnet";
/** Wake-ups of so many milliseconds go together: the server passes them on one batch at a time. */
const gatherMs = 20;
/** Topics that may wait to be sent; more are dropped, and found by those who look again. */
const topicsWaitingMax = 10_000;
/** How long an answer may take before the connection counts as cut, and how often one is asked. */
const answerMs = 5000;
const beatMs = 5000;
/** Wait before connecting again after the first failure, and the longest. */
const againMs = 100;
const againMsMax = 5000;

/**
 * Topics of things are ids, which begin with their kind. Each kind has a channel: a worker, which
 * waits for none of the logs that all others write, is not told of them.
 */
function channelOf(topic: Topic): string {
  const kind = /^([a-z]{1,16})_/.exec(topic)?.[1];
  return kind === undefined ? mainChannel : `${mainChannel}_${kind}`;
}

class PostgresWakeups implements Wakeups {
  readonly #options: PostgresWakeupsOptions;
  readonly #local: LocalWakeups;
  readonly #closing = new AbortController();
  readonly #outgoing = new Set<Topic>();
  /** That this process hears, or will once it is connected; as many as there are kinds at most. */
  readonly #channels = new Set<string>();
  #client: pg.Client | undefined;
  #sending: Promise<void> | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: PostgresWakeupsOptions) {
    this.#options = options;
    this.#local = new LocalWakeups(options.log);
    if (options.listens !== false) this.#channels.add(mainChannel);
  }

  /** Resolves once it listens for the first time; rejects when it cannot. */
  async open(): Promise<void> {
    const first = await this.#connect();
    this.#loop = this.#serve(first);
  }

  wake(topic: Topic): void {
    this.#local.wake(topic);
    if (this.#closing.signal.aborted || this.#outgoing.size >= topicsWaitingMax) return;
    this.#outgoing.add(topic);
    this.#sending ??= this.#send();
  }

  subscribe(topic: Topic, listener: () => void): () => void {
    this.#hear(channelOf(topic));
    return this.#local.subscribe(topic, listener);
  }

  wait(
    topic: Topic,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    this.#hear(channelOf(topic));
    return this.#local.wait(topic, options);
  }

  /** What waits to be sent is still sent, if the connection is there. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#local[Symbol.asyncDispose]();
    await this.#sending;
    await this.#client?.end().catch(() => undefined);
    await this.#loop;
  }

  #hear(channel: string): void {
    const client = this.#client;
    if (this.#options.listens === false) return;
    if (this.#closing.signal.aborted || this.#channels.has(channel)) return;
    this.#channels.add(channel);
    if (client === undefined) return;
    client.query(`listen ${channel}`).then(
      // What was sent before it listened is lost.
      () => this.#local.wakeAll((topic) => channelOf(topic) === channel),
      // A connection that hears less than it should is of no use; the next one hears all.
      () => void client.end().catch(() => undefined),
    );
  }

  async #connect(): Promise<pg.Client> {
    const options = connectionOptions(this.#options.url);
    const client = new pg.Client({ ...options, query_timeout: answerMs });
    // Without a listener an error would end the process; its connection's end tells the rest.
    client.on("error", () => undefined);
    client.on("notification", ({ payload, processId }) => {
      // What this process sent it has told its own listeners already.
      if (payload !== undefined && processId !== ownId(client)) this.#local.wake(payload);
    });
    try {
      await client.connect();
      // Those that are added meanwhile are visited too.
      for (const channel of this.#channels) await client.query(`listen ${channel}`);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }

  /** Stays connected until it is closed. */
  async #serve(first: pg.Client): Promise<void> {
    const { signal } = this.#closing;
    const { log } = this.#options;
    let client: pg.Client | undefined = first;
    let failures = 0;
    while (!signal.aborted) {
      try {
        client ??= await this.#connect();
        if (failures > 0) {
          log?.info({ failures }, "wake-ups arrive again");
          this.#local.wakeAll();
        }
        failures = 0;
        await this.#watch(client);
      } catch (err) {
        if (failures === 0 && !signal.aborted) log?.warn({ err }, "wake-ups do not arrive");
        failures += 1;
      }
      this.#client = undefined;
      void client?.end().catch(() => undefined);
      client = undefined;
      const waitMs = Math.min(againMs * 2 ** failures, againMsMax) * (0.5 + Math.random());
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when closing; rejects when the connection is cut, also without a word. */
  async #watch(client: pg.Client): Promise<void> {
    const { signal } = this.#closing;
    const ended = new Promise<never>((_resolve, reject) => {
      client.once("end", () => reject(new Error("the connection for wake-ups was closed")));
    });
    ended.catch(() => undefined);
    while (!signal.aborted) {
      const pause = delay(beatMs, undefined, { signal }).catch(() => undefined);
      await Promise.race([pause, ended]);
      if (!signal.aborted) await Promise.race([client.query("select 1"), ended]);
    }
  }

  async #send(): Promise<void> {
    await delay(gatherMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    const topics = [...this.#outgoing];
    this.#outgoing.clear();
    try {
      await this.#client?.query(
        `select pg_notify(channel, topic)
          from unnest($1::text[], $2::text[]) as sent(channel, topic)`,
        [topics.map(channelOf), topics],
      );
    } catch {
      // They were hints. Whether the connection is of any further use, its watch finds out.
    }
    this.#sending = this.#outgoing.size > 0 ? this.#send() : undefined;
  }
}

/** Of the server's process at the other end; the driver knows it and its types do not. */
function ownId(client: pg.Client): number | undefined {
  return "processID" in client && typeof client.processID === "number"
    ? client.processID
    : undefined;
}

/** Connects and listens. Rejects when the database cannot be reached. */
export async function openPostgresWakeups(options: PostgresWakeupsOptions): Promise<Wakeups> {
  const wakeups = new PostgresWakeups(options);
  await wakeups.open();
  return wakeups;
}
