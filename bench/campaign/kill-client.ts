/**
 * The client of the kill loop: submits with keys until it is answered, steers and wishes at random,
 * and follows every run's stream across every death of the service. Judges nothing.
 */
import { followRun } from "#client/follow.ts";
import { FollowError } from "#client/returning.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Run, RunRequest, Steering } from "#schemas/run.ts";
import type { Chance } from "./chance.ts";

/** One answer; undefined when none came. */
interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const requestMsMax = 10_000;
const retryMs = 200;
const conflict = 409;
const quotaLater = 429;
const accepted = 202;

/** A run that was answered with 202, and what its readers have seen of it. */
export interface Followed {
  readonly id: string;
  /** By the first of its readers. */
  readonly seen: RunEvent[];
  /** One at each replica. */
  readonly readers: readonly RunEvent[][];
  /** Resolves when every stream said that the run is complete. */
  readonly told: Promise<void>;
}

export class KillClient {
  readonly runs = new Map<string, Followed>();
  readonly counts = {
    submitted: 0,
    unanswered: 0,
    replayed: 0,
    steered: 0,
    wished: 0,
    cuts: 0,
    /** Streams that were refused, and asked for again. */
    refused: 0,
  };
  readonly #chance: Chance;
  readonly #authorization: Readonly<Record<string, string>>;
  readonly #closing = new AbortController();
  readonly #gaveUp = new Set<string>();
  #baseUrls: readonly string[] = [];
  #keys = 0;

  /** `key`: of a service that wants one. */
  constructor(chance: Chance, key?: string) {
    this.#chance = chance;
    this.#authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** Where the service is; it stays there. */
  set address(baseUrl: string) {
    this.#baseUrls = [baseUrl];
  }

  /** Replicas, any of which is asked. */
  set addresses(baseUrls: readonly string[]) {
    this.#baseUrls = baseUrls;
  }

  get #baseUrl(): string {
    const [first = "", ...others] = this.#baseUrls;
    return others.length === 0 ? first : this.#chance.of(this.#baseUrls);
  }

  /** Whether a run of this name may be there though no answer named it. */
  gaveUp(name: string | null): boolean {
    return name !== null && this.#gaveUp.has(name);
  }

  async ask(method: string, path: string, sent: { body?: unknown; key?: string } = {}) {
    const { body, key } = sent;
    const headers: Record<string, string> = { ...this.#authorization };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (key !== undefined) headers["idempotency-key"] = key;
    try {
      const response = await fetch(this.#baseUrl + path, {
        method,
        headers,
        signal: AbortSignal.timeout(requestMsMax),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (response.headers.get("idempotency-replayed") !== null) this.counts.replayed += 1;
      const answer: Answer = {
        status: response.status,
        body: (await response.json()) as Record<string, unknown>,
      };
      return answer;
    } catch {
      return undefined;
    }
  }

  /**
   * Submits until an answer comes, with the same key each time; gives the key up only when the
   * service says that its first request never was finished.
   */
  async submit(request: RunRequest): Promise<void> {
    const newKey = (): string => {
      this.#keys += 1;
      return `campaign-${this.#keys}`;
    };
    let key = newKey();
    while (!this.#closing.signal.aborted) {
      const answer = await this.ask("POST", "/v1/runs", {
        body: { ...request, name: key },
        key,
      });
      if (answer?.status === accepted) {
        this.counts.submitted += 1;
        return this.#follow(String(answer.body["id"]));
      }
      this.counts.unanswered += 1;
      if (answer?.status === conflict) {
        this.#gaveUp.add(key);
        key = newKey();
      } else if (answer !== undefined && answer.status < 500 && answer.status !== quotaLater) {
        throw new Error(`a run was refused: ${JSON.stringify(answer.body)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  #follow(id: string): void {
    const readers = this.#baseUrls.map((): RunEvent[] => []);
    const told = Promise.all(readers.map((seen, replica) => this.#read(id, seen, replica)));
    const [seen = []] = readers;
    this.runs.set(id, { id, seen, readers, told: told.then(() => undefined) });
  }

  /** Reads to the end, and now and then cuts its own connection and comes back. */
  async #read(id: string, seen: RunEvent[], replica: number): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const cut = new AbortController();
      const cutAt = this.#chance.happens(0.5) ? 1 + this.#chance.whole(60) : 0;
      const stop = AbortSignal.any([signal, cut.signal]);
      const baseUrl = this.#baseUrls[replica] ?? "";
      const from = seen.length;
      const options = { baseUrl, run: id, after: seen.at(-1)?.seq ?? 0, backoffMsMax: 500 };
      try {
        for await (const event of followRun({ ...options, signal: stop })) {
          if (stop.aborted) break;
          seen.push(event);
          if (seen.length - from === cutAt) cut.abort();
        }
        if (!cut.signal.aborted) return;
        this.counts.cuts += 1;
      } catch (error) {
        if (!(error instanceof FollowError) || this.#baseUrls.length === 1) throw error;
        this.counts.refused += 1;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Steers, pauses, resumes or cancels a run at random. What is refused is refused. */
  async meddle(): Promise<void> {
    const ids = [...this.runs.keys()].slice(-8);
    if (ids.length === 0) return;
    const path = `/v1/runs/${this.#chance.of(ids)}`;
    const { happens } = this.#chance;
    if (happens(0.5)) {
      const answer = await this.ask("PATCH", path, { body: this.#steering() });
      if (answer?.status === accepted) this.counts.steered += 1;
      return;
    }
    const act = happens(0.06) ? "cancel" : happens(0.4) ? "pause" : "resume";
    const answer = await this.ask("POST", `${path}/${act}`);
    if (answer?.status === accepted) this.counts.wished += 1;
  }

  #steering(): Steering {
    const { of, number, happens } = this.#chance;
    const rate = { learning_rate: 0.001 + 0.05 * number() };
    if (happens(0.5)) return rate;
    return of<Steering>([{ evaluate_every: 5 + Math.floor(20 * number()) }, { ...rate }]);
  }

  /** Every run of the store, oldest first. */
  async all(): Promise<readonly Run[]> {
    const runs: Run[] = [];
    for (let after = ""; ; ) {
      const answer = await this.ask("GET", `/v1/runs?limit=100${after}`);
      const page = answer?.body as { data: Run[]; has_more: boolean; next_cursor: string };
      runs.push(...page.data);
      if (!page.has_more) return runs.reverse();
      after = `&after=${encodeURIComponent(page.next_cursor)}`;
    }
  }

  /** The whole log of a run. */
  async log(id: string): Promise<readonly RunEvent[]> {
    const events: RunEvent[] = [];
    for (;;) {
      const after = events.at(-1)?.seq ?? 0;
      const answer = await this.ask("GET", `/v1/runs/${id}/events?limit=500&after=${after}`);
      const page = answer?.body as { data: RunEvent[]; has_more: boolean };
      events.push(...page.data);
      if (!page.has_more) return events;
    }
  }

  close(): void {
    this.#closing.abort();
  }
}
