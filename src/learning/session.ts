/**
 * A run at work: its position, its compiled descent and its instruments, and the few things that
 * can be done with them. In which order they are done, loop.ts says.
 */
import assert from "node:assert/strict";
import type { Backend, Tensors } from "#engine/backend.ts";
import type { Evaluation } from "#schemas/run.ts";
import { fromFigure, toFigure } from "#schemas/values.ts";
import type { TrainerEvent } from "#src/channel.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { anchorReport } from "./anchor-report.ts";
import { averageIn } from "./averaging.ts";
import { Batches } from "./batches.ts";
import { type Saved, saveCheckpoint } from "./checkpoint.ts";
import { choose, pinned } from "./choice.ts";
import { columnsSeen } from "./columns.ts";
import { compileDescent } from "./descent/compile.ts";
import type { Columns } from "./descent/descent.ts";
import type { DescentSurface } from "./descent/surface.ts";
import { countOf } from "./examples.ts";
import { type FormChoice, isSameForm } from "./forms.ts";
import { Instruments } from "./instruments.ts";
import { divergedAt } from "./metrics.ts";
import {
  anchorsWithin,
  type Charted,
  chart,
  clocked,
  type Position,
  peakRate,
  phaseSteps,
  type RateSettings,
  rateAt,
  sinceKernel,
} from "./position.ts";
import type { Prepared } from "./preparation.ts";
import type { Start } from "./starting-state.ts";

/** What a session reaches the world through. */
export interface Ports {
  readonly backend: Backend;
  readonly artifacts: Artifacts;
  /** Resolves when the event may be followed by another. */
  readonly emit: (event: TrainerEvent) => Promise<void>;
}

/** What a call of `advance` yields: the steps done, and where they left the finite numbers. */
export interface Advanced {
  readonly columns: Columns;
  /** Place of the first bad step among them; −1 when there is none. */
  readonly divergedAt: number;
  /** What went otherwise than foreseen. */
  readonly notices: readonly string[];
}

export class Session implements AsyncDisposable {
  readonly prepared: Prepared;
  readonly instruments: Instruments;
  readonly #ports: Ports;
  readonly #rates: RateSettings;
  readonly #start: Tensors | null;
  readonly #batches: Batches;
  #position: Position;
  #charted: Charted | null;
  #choice: FormChoice;
  #descent: DescentSurface;

  private constructor(prepared: Prepared, ports: Ports, made: Made) {
    const { settings } = prepared.assignment;
    const { learningRate, schedule } = prepared.task.optimizer;
    this.prepared = prepared;
    this.#ports = ports;
    this.#rates = { learningRate, schedule, steps: settings.steps };
    this.#start = made.start;
    this.#batches = made.batches;
    this.#position = made.position;
    this.#charted = chartOf(made.position, settings.steps);
    this.#choice = made.choice;
    this.#descent = made.descent;
    this.instruments = new Instruments(prepared, ports.backend, made.snapshots);
  }

  static async open(prepared: Prepared, start: Start, ports: Ports): Promise<Session> {
    const { state } = start;
    const { seed } = prepared.assignment.settings;
    const batches = new Batches({
      seed,
      examples: countOf(prepared.examples.train),
      batchSize: prepared.task.batchSize ?? 1,
    });
    const { solver } = prepared.forms;
    const position = solver === undefined ? state.position : pinned(state.position, solver);
    const choice = choose(prepared, position);
    const descent = await compile(prepared, ports.backend, { choice, batches });
    await descent.restore(state.descent);
    return new Session(prepared, ports, {
      batches,
      choice,
      descent,
      position,
      start: state.start,
      snapshots: state.snapshots,
    });
  }

  get position(): Position {
    return this.#position;
  }

  /** The anchors in force; null for standard training. */
  get charted(): Charted | null {
    return this.#charted;
  }

  /** Step at which another form of descent takes over. */
  get formUntil(): number {
    return this.#choice.until;
  }

  /** Steps between two that are reported. */
  get every(): number {
    const { form } = this.#choice;
    return form.type === "closed_form" ? form.every : 1;
  }

  async emit(event: TrainerEvent): Promise<void> {
    await this.#ports.emit(event);
  }

  /** Puts a new position in place; the descent changes its form when that asks for it. */
  async move(position: Position): Promise<void> {
    const isOldCourse = position.course === this.#position.course;
    this.#position = clocked(this.#rates, this.#position, position);
    if (isOldCourse && position.step < this.#choice.until) return;
    this.#charted = chartOf(position, this.#rates.steps);
    const choice = choose(this.prepared, position);
    if (isSameForm(choice.form, this.#choice.form)) {
      this.#choice = choice;
      return;
    }
    const state = await this.#descent.state();
    await this.#descent[Symbol.asyncDispose]();
    const next = await compile(this.prepared, this.#ports.backend, {
      choice,
      batches: this.#batches,
    });
    await next.restore(state);
    this.#descent = next;
    this.#choice = choice;
  }

  /** θ. */
  async weights(): Promise<Tensors> {
    return await this.#descent.weights();
  }

  /** θ_s; θ itself at the very start. */
  async anchor(weights: Tensors): Promise<Tensors> {
    return (await this.#descent.anchor()) ?? weights;
  }

  async evaluate(): Promise<Evaluation> {
    const evaluator = await this.instruments.evaluator.get();
    const weights = await this.weights();
    const anchor = this.#charted === null ? null : await this.anchor(weights);
    const live = await evaluator.evaluate({ weights, anchor });
    const { network, optimizer } = this.prepared.task;
    if (optimizer.averaging === null) return live;
    const names = network.parameters.map(({ name }) => name);
    const average = { ...weights, ...averageIn(names, await this.#descent.state()) };
    const { network: averaged } = await evaluator.evaluate({ weights: average, anchor });
    return { ...live, averaged };
  }

  /** Runs the steps up to `to`; `anchorNow` linearises at the first of them. */
  async advance(to: number, anchorNow: boolean): Promise<Advanced> {
    const position = this.#position;
    const from = position.step;
    const later = this.#charted === null ? [] : anchorsWithin(this.#charted, from + 1, to);
    const anchors = anchorNow ? [from, ...later] : later;
    const emitted = await this.#descent.advance({
      from,
      to,
      anchors,
      rateAt: (step) => rateAt(this.#rates, position, step),
      resetStep: position.resetStep,
    });
    const notices = this.#descent.notices?.() ?? [];
    const [first = Number.NaN] = emitted["loss"] ?? [];
    const startLoss = position.startLoss ?? toFigure(first);
    const bad = divergedAt(emitted["loss"] ?? new Float64Array(0), fromFigure(startLoss));
    const last = anchors.at(-1) ?? null;
    const resets = this.#choice.form.resets && last !== null;
    const columns = columnsSeen(emitted, {
      from,
      anchors,
      anchorStep: position.anchorStep,
      isLinearised: this.#charted !== null,
      every: this.every,
      rateAt: (step) => rateAt(this.#rates, position, step),
    });
    await this.move({
      ...position,
      step: to,
      startLoss,
      anchors: position.anchors + anchors.length,
      anchorStep: last ?? position.anchorStep,
      resetStep: resets ? last : position.resetStep,
    });
    return { columns, divergedAt: bad, notices };
  }

  /** Looks at the linearisation that is about to happen and reports it. */
  async reportAnchor(wantsLambdaMax: boolean): Promise<void> {
    const { step, anchors, anchorStep } = this.#position;
    assert(this.#charted !== null, "only linearised training has anchors");
    const { task, assignment } = this.prepared;
    const weights = await this.weights();
    const ahead = phaseSteps(this.#charted, step, this.#rates.steps);
    const data = await anchorReport(
      {
        loss: task.loss,
        optimizer: task.optimizer,
        seed: assignment.settings.seed,
        gap: await this.instruments.gap.get(),
        kernel: await this.instruments.kernel.get(),
      },
      {
        step,
        index: anchors,
        weights,
        anchor: await this.anchor(weights),
        start: this.#start ?? weights,
        period: anchorStep === null ? null : step - anchorStep,
        phaseSteps: ahead,
        rate: peakRate(this.#rates, this.#position, { from: step, to: step + ahead }),
        wantsLambdaMax,
      },
    );
    await this.emit({ kind: "anchor", key: `anchor:${step}`, data });
  }

  /** Looks at the kernel here; it becomes the one that the next is compared with. */
  async snapshot() {
    const parameters = await this.weights();
    const anchor = this.#charted === null ? null : await this.anchor(parameters);
    return await this.instruments.snapshot({
      ...{ parameters, anchor, start: this.#start },
      step: this.#position.step,
      elapsed: sinceKernel(this.#rates, this.#position),
    });
  }

  /** Stores everything from which the run goes on. */
  async save(signal?: AbortSignal): Promise<Saved> {
    const { assignment, precision } = this.prepared;
    const { engine, device } = this.#ports.backend;
    const state = {
      position: this.#position,
      descent: await this.#descent.state(),
      start: this.#start,
      snapshots: this.instruments.snapshots,
    };
    const { run, settings } = assignment;
    const origin = { run, settings, engine, device, precision };
    return await saveCheckpoint(this.#ports.artifacts, { state, origin }, signal);
  }

  get artifacts(): Artifacts {
    return this.#ports.artifacts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instruments[Symbol.asyncDispose]();
    await this.#descent[Symbol.asyncDispose]();
  }
}

interface Made {
  readonly batches: Batches;
  readonly choice: FormChoice;
  readonly descent: DescentSurface;
  readonly position: Position;
  readonly start: Tensors | null;
  readonly snapshots: Tensors;
}

function chartOf({ course }: Position, steps: number): Charted | null {
  return course === null ? null : chart(course, steps);
}

async function compile(
  { precision, task }: Prepared,
  backend: Backend,
  { choice, batches }: Pick<Made, "choice" | "batches">,
): Promise<DescentSurface> {
  return await compileDescent({ backend, precision, task, form: choice.form, batches });
}
