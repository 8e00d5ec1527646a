/** What a terminal shows of one run, kept up to date by the run's events alone. Draws nothing. */
import type { EventData, RunEvent } from "#schemas/event.ts";
import type { Run, RunError, RunStatus } from "#schemas/run.ts";
import { type Figure, fromFigure } from "#schemas/values.ts";
import { History } from "./show/history.ts";
import { plain } from "./show/paint.ts";

/** Statuses from which a run does not move by itself. */
export const finalStatuses: readonly RunStatus[] = ["cancelled", "succeeded", "failed"];

/** Points over which the speed is taken: recent enough to follow, long enough to be calm. */
const speedPointsMax = 12;

interface Point {
  readonly atMs: number;
  readonly step: number;
}

/** One run as its events tell it. */
export class Track {
  readonly id: string;
  readonly label: string;
  readonly losses = new History();
  readonly linearised: boolean;
  status: RunStatus;
  /** Why it has this status, where the service says so. */
  reason = "";
  step = 0;
  readonly steps: number;
  loss: Figure | null = null;
  accuracy: Figure | null = null;
  evaluation: EventData<"evaluation"> | null = null;
  anchors = 0;
  warnings = 0;
  error: RunError | null = null;
  #speed: Point[] = [];
  /** Milliseconds between the first and the last word of the trainer. */
  #firstMs = 0;
  #lastMs = 0;

  constructor(run: Run, label?: string) {
    this.id = run.id;
    this.label = plain(label ?? run.name ?? run.id);
    this.linearised = run.algorithm.type !== "standard";
    this.status = run.status;
    this.steps = run.progress.steps;
    this.error = run.error;
  }

  get ended(): boolean {
    return finalStatuses.includes(this.status);
  }

  get share(): number {
    return this.step / this.steps;
  }

  /** Steps a second lately; NaN while unknown. */
  get stepsPerSecond(): number {
    const first = this.#speed[0];
    const last = this.#speed.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return Number.NaN;
    return (1000 * (last.step - first.step)) / (last.atMs - first.atMs);
  }

  /** Seconds to the last step at the present speed; NaN while unknown. */
  get etaSeconds(): number {
    return (this.steps - this.step) / this.stepsPerSecond;
  }

  /** Seconds between the start of the latest attempt and its latest event. */
  get seconds(): number {
    return this.#firstMs === 0 ? 0 : (this.#lastMs - this.#firstMs) / 1000;
  }

  apply(event: RunEvent): void {
    const atMs = Date.parse(event.time);
    this.#lastMs = atMs;
    switch (event.type) {
      case "status":
        this.status = event.data.status;
        this.reason = plain(event.data.reason ?? "");
        this.error = event.data.error ?? null;
        if (event.data.status === "running") this.#begin(atMs);
        break;
      case "metrics":
        this.#metrics(event.data.columns, { atMs, step: event.data.to });
        break;
      case "evaluation":
        this.evaluation = event.data;
        this.anchors = Math.max(this.anchors, event.data.linearisations ?? 0);
        break;
      case "anchor":
        // Not every linearisation has an event of its own; the index counts those before it.
        this.anchors = Math.max(this.anchors, event.data.index + 1);
        break;
      default:
        break;
    }
  }

  #begin(atMs: number): void {
    this.#firstMs = atMs;
    this.#speed = [{ atMs, step: this.step }];
  }

  #metrics(columns: Readonly<Record<string, readonly Figure[]>>, point: Point): void {
    this.step = Math.max(this.step, point.step);
    for (const value of columns["loss"] ?? []) this.losses.add(fromFigure(value));
    this.loss = columns["loss"]?.at(-1) ?? this.loss;
    this.accuracy = columns["accuracy"]?.at(-1) ?? this.accuracy;
    this.#speed.push(point);
    if (this.#speed.length > speedPointsMax) this.#speed.shift();
  }
}
