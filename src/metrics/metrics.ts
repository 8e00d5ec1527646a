/**
 * What the service counts about itself, for Prometheus. Labels have few values: no run, no tenant
 * and no address is ever one. Serving the text is listener.ts's business.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RunSights } from "#runs/sights.ts";
import { runStatuses } from "#schemas/run.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { Store } from "#storage/store.ts";

const secondsOfRequest = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const secondsOfWaiting = [0.1, 1, 10, 60, 600, 3600, 21_600, 86_400];
const secondsOfStep = [1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 10, 60];
const bytesOfCheckpoint = [1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** One request that was answered. */
export interface Answered {
  readonly method: string;
  /** The pattern of the route, never the path. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What is open at the moment. */
export interface StreamsOpen {
  readonly sockets: number;
  readonly queuedBytes: number;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #transitions: Counter<"from" | "to">;
  readonly #waits: Histogram;
  readonly #restarts: Counter<"reason">;
  readonly #steps: Counter;
  readonly #stepSeconds: Histogram;
  readonly #checkpoints: Histogram;
  readonly #snapshots: Histogram<"kind">;
  readonly #opened: Counter;
  readonly #closed: Counter<"code">;
  readonly #frames: Counter<"class">;
  readonly #uploaded: Counter;

  constructor() {
    this.#requests = this.#histogram("http_server_request_duration_seconds", {
      help: "Requests answered, by route.",
      labelNames: ["method", "route", "status"],
      buckets: secondsOfRequest,
    });
    this.#transitions = this.#counter("linnet_run_transitions_total", "Changes of status.", [
      "from",
      "to",
    ]);
    this.#waits = this.#histogram("linnet_run_queue_wait_seconds", {
      help: "From submission to the first trainer.",
      buckets: secondsOfWaiting,
    });
    this.#restarts = this.#counter("linnet_run_restarts_total", "Attempts lost, by reason.", [
      "reason",
    ]);
    this.#steps = this.#counter("linnet_run_steps_total", "Steps trained.");
    this.#stepSeconds = this.#histogram("linnet_run_step_duration_seconds", {
      help: "Seconds a step; one observation for each report of a trainer.",
      buckets: secondsOfStep,
    });
    this.#checkpoints = this.#histogram("linnet_checkpoint_bytes", {
      help: "Checkpoints stored.",
      buckets: bytesOfCheckpoint,
    });
    this.#snapshots = this.#histogram("linnet_snapshot_duration_seconds", {
      help: "Kernel snapshots computed.",
      labelNames: ["kind"],
      buckets: secondsOfRequest,
    });
    this.#opened = this.#counter("linnet_ws_connections_total", "Streams opened.");
    this.#closed = this.#counter("linnet_ws_closes_total", "Streams closed, by code.", ["code"]);
    this.#frames = this.#counter("linnet_ws_frames_sent_total", "Frames sent, by kind.", ["class"]);
    this.#uploaded = this.#counter("linnet_upload_bytes_total", "Bytes of resumable uploads.");
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[] = []) {
    return new Counter<T>({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<T extends string>(
    name: string,
    options: {
      readonly help: string;
      readonly labelNames?: readonly T[];
      readonly buckets: readonly number[];
    },
  ) {
    const { help, labelNames = [], buckets } = options;
    const registers = [this.#registry];
    return new Histogram<T>({ name, help, labelNames, buckets: [...buckets], registers });
  }

  answered({ method, route, status, seconds }: Answered): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** For the use-cases of runs. */
  readonly runs: RunSights = {
    moved: (from, to) => this.#transitions.inc({ from: from ?? "none", to }),
    waited: (seconds) => this.#waits.observe(seconds),
    lost: (reason) => this.#restarts.inc({ reason }),
    stepped: (seconds) => this.#stepSeconds.observe(seconds),
    recorded: ({ steps, checkpointBytes, snapshotSeconds }) => {
      this.#steps.inc(Math.max(0, steps));
      for (const bytes of checkpointBytes) this.#checkpoints.observe(bytes);
      for (const seconds of snapshotSeconds) this.#snapshots.observe({ kind: "ntk" }, seconds);
    },
  };

  streamOpened(): void {
    this.#opened.inc();
  }

  streamClosed(code: number): void {
    this.#closed.inc({ code: String(code) });
  }

  framesSent(kind: string, frames: number): void {
    this.#frames.inc({ class: kind }, frames);
  }

  uploaded(bytes: number): void {
    this.#uploaded.inc(bytes);
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  watchStreams(look: () => StreamsOpen): void {
    this.#gauge("linnet_ws_connections", "Streams open.", () => look().sockets);
    this.#gauge(
      "linnet_ws_send_queue_bytes",
      "Bytes that wait for readers.",
      () => look().queuedBytes,
    );
  }

  /** What is looked up in the store and on the disk whenever it is asked for. */
  watchStorage({ store, artifacts }: { readonly store: Store; readonly artifacts: Artifacts }) {
    new Gauge({
      name: "linnet_runs",
      help: "Runs, by status.",
      labelNames: ["status"],
      registers: [this.#registry],
      async collect() {
        for (const status of runStatuses) {
          this.set({ status }, await store.read((reader) => reader.countRuns([status])));
        }
      },
    });
    this.#gauge("linnet_disk_free_bytes", "Free in the data folder.", () => artifacts.bytesFree());
  }

  /** Trainers under way, and the memory that they have in use together. */
  watchTrainers(source: { trainerBytes(): Promise<readonly number[]> }): void {
    this.#gauge("linnet_trainers", "Trainers under way.", async () => {
      return (await source.trainerBytes()).length;
    });
    this.#gauge("linnet_trainers_resident_bytes", "Memory of trainers under way.", async () => {
      return (await source.trainerBytes()).reduce((a, b) => a + b, 0);
    });
  }

  /** Also what Node knows of the process: memory, processor, event loop, handles. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text that Prometheus reads. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
