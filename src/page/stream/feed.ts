/**
 * Everything known of one run: its log, read from the stream in order and laid out for plots.
 * A hole that the stream declares is filled from the log before anything later is applied.
 */
import type { EventOf, RunEvent } from "#schemas/event.ts";
import type { RunStatus } from "#schemas/run.ts";
import type { ServerFrame, SubscribeFrame } from "#schemas/stream.ts";
import type { Figure } from "#schemas/values.ts";
import { api } from "../calls/api.ts";
import { Series } from "../plot/series.ts";
import { kernelCurves } from "./kernel-curves.ts";

export type Anchor = EventOf<"anchor">["data"];
export type Evaluated = EventOf<"evaluation">["data"];
export type Snap = EventOf<"snapshot">["data"];
export type Check = EventOf<"checkpoint">["data"];
export type Told = Extract<RunEvent, { type: "log" | "steered" | "status" }>;

const toldMax = 2000;
const pageEvents = 500;
const pagesMax = 2000;

export const figure = (value: Figure | null | undefined): number =>
  value === null || value === undefined ? Number.NaN : Number(value);

/** What a feed needs of its surroundings. */
export interface FeedPorts {
  /** Called when something changed. */
  changed(feed: Feed): void;
  /** Called when the subscription must be made again from the cursor. */
  renew(feed: Feed): void;
}

export class Feed {
  readonly run: string;
  readonly #ports: FeedPorts;
  readonly curves = new Map<string, Series>();
  readonly evaluations: Evaluated[] = [];
  readonly anchors: Anchor[] = [];
  readonly snapshots: Snap[] = [];
  readonly checkpoints: Check[] = [];
  readonly told: Told[] = [];
  status: RunStatus | undefined;
  step = 0;
  isCaughtUp = false;
  isComplete = false;
  /** True when a part of the log is gone for good. */
  hasHole = false;
  fault: string | undefined;
  /** When the last event was written, by the service's clock. */
  lastTime: string | undefined;
  #cursor = 0;
  #epoch: string | undefined;
  #waiting: ServerFrame[] | undefined;

  constructor(run: string, ports: FeedPorts) {
    this.run = run;
    this.#ports = ports;
  }

  get cursor(): number {
    return this.#cursor;
  }

  curve(name: string): Series {
    const known = this.curves.get(name);
    if (known !== undefined) return known;
    const made = new Series();
    this.curves.set(name, made);
    return made;
  }

  subscribe(): SubscribeFrame | undefined {
    if (this.isComplete || this.fault !== undefined) return undefined;
    this.isCaughtUp = false;
    const epoch = this.#epoch === undefined ? {} : { epoch: this.#epoch };
    return { frame: "subscribe", run: this.run, after: this.#cursor, ...epoch };
  }

  receive(frame: ServerFrame): void {
    if (this.#waiting !== undefined && frame.frame !== "hello") {
      this.#waiting.push(frame);
      return;
    }
    this.#take(frame);
    this.#ports.changed(this);
  }

  #take(frame: ServerFrame): void {
    switch (frame.frame) {
      case "hello":
        this.#waiting = undefined;
        this.#epoch = frame.epoch;
        this.status = frame.status;
        return;
      case "event":
        return this.#apply(frame as unknown as RunEvent);
      case "gap":
        return this.#meetGap(frame);
      case "caught_up":
        this.isCaughtUp = true;
        return;
      case "complete":
        this.isComplete = true;
        this.isCaughtUp = true;
        this.status = frame.status;
        return;
      case "error":
        return this.#meetError(frame.code, frame.message);
      case "pong":
      case "sweep":
        return;
      default:
        return frame satisfies never;
    }
  }

  #meetError(code: string, message: string): void {
    if (code === "epoch_mismatch" || code === "cursor_in_future") {
      this.#forget();
      this.#ports.renew(this);
    } else if (code === "not_found") this.fault = message;
  }

  /** The log was rebuilt: what is known of it is worth nothing. */
  #forget(): void {
    this.#cursor = 0;
    this.#epoch = undefined;
    this.curves.clear();
    for (const list of [this.evaluations, this.anchors, this.snapshots, this.checkpoints]) {
      list.length = 0;
    }
    this.told.length = 0;
  }

  #meetGap(gap: Extract<ServerFrame, { frame: "gap" }>): void {
    if (gap.to <= this.#cursor) return;
    if (gap.reason !== "conflated") {
      if (gap.reason === "expired") this.hasHole = true;
      this.#cursor = gap.to;
      return;
    }
    const waiting: ServerFrame[] = [];
    this.#waiting = waiting;
    this.#fill(gap.to).then(
      () => this.#resume(waiting),
      () => this.#ports.renew(this),
    );
  }

  async #fill(through: number): Promise<void> {
    for (let page = 0; page < pagesMax && this.#cursor < through; page += 1) {
      const { data } = await api.events(this.run, this.#cursor, pageEvents);
      if (data.length === 0) return;
      for (const event of data) this.#apply(event);
    }
  }

  #resume(waiting: ServerFrame[]): void {
    if (this.#waiting !== waiting) return;
    this.#waiting = undefined;
    while (waiting.length > 0 && this.#waiting === undefined) {
      const frame = waiting.shift();
      if (frame !== undefined) this.#take(frame);
    }
    // A second gap on the way waits for its own filling, with what is left behind it.
    this.#queue()?.push(...waiting);
    this.#ports.changed(this);
  }

  #queue(): ServerFrame[] | undefined {
    return this.#waiting;
  }

  #apply(event: RunEvent): void {
    if (event.seq <= this.#cursor) return;
    this.#cursor = event.seq;
    this.lastTime = event.time;
    switch (event.type) {
      case "metrics":
        return this.#addMetrics(event.data);
      case "evaluation":
        return this.#addEvaluation(event.data);
      case "anchor":
        this.#addAnchor(event.data);
        return;
      case "snapshot":
        return this.#addSnapshot(event.data);
      case "checkpoint":
        this.checkpoints.push(event.data);
        return;
      case "status":
        this.status = event.data.status;
        return this.#tell(event);
      case "log":
      case "steered":
        return this.#tell(event);
      default:
        return event satisfies never;
    }
  }

  #tell(event: Told): void {
    this.told.push(event);
    if (this.told.length > toldMax) this.told.splice(0, this.told.length - toldMax);
  }

  #addMetrics({ from, to, columns, every = 1 }: EventOf<"metrics">["data"]): void {
    this.step = Math.max(this.step, to);
    for (const [name, values] of Object.entries(columns)) {
      const curve = this.curve(name);
      for (const [i, value] of values.entries()) curve.push(from + i * every, figure(value));
    }
  }

  #addEvaluation(data: Evaluated): void {
    this.evaluations.push(data);
    for (const by of ["network", "linearised"] as const) {
      for (const split of ["train", "test"] as const) {
        const { loss, accuracy } = data[by][split];
        this.curve(`${by}.${split}.loss`).push(data.step, figure(loss));
        if (accuracy !== null)
          this.curve(`${by}.${split}.accuracy`).push(data.step, figure(accuracy));
      }
    }
  }

  #addAnchor(data: Anchor): void {
    this.anchors.push(data);
    for (const name of ["lambda_max", "rate_times_lambda_max", "linearisation_gap"] as const) {
      if (data[name] !== null) this.curve(`anchor.${name}`).push(data.step, figure(data[name]));
    }
    this.curve("anchor.distance_from_start").push(data.step, figure(data.distance_from_start));
  }

  #addSnapshot(data: Snap): void {
    this.snapshots.push(data);
    for (const [name, value] of kernelCurves(data)) {
      this.curve(`kernel.${name}`).push(data.step, figure(value));
    }
  }
}
