/** A trainer without mathematics: speaks the channel as its scenario says. Not a test itself. */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { SnapshotFigures } from "#schemas/snapshot.ts";
import type {
  Assignment,
  Errand,
  FromTrainer,
  SteeringEntry,
  ToTrainer,
  TrainerEvent,
} from "#src/channel.ts";
import { eventsUnackedMax } from "#src/channel.ts";
import { newId } from "#src/ids.ts";
import { chunkSteps, lossAt, type Scenario, scenarioOf } from "./scenarios.ts";

let acknowledged = 0;
let wish: "pause" | "cancel" | undefined;
let steering: SteeringEntry[] = [];
/** Wishes and steering since the run began, and what waits for more. */
let told = 0;
let hear: (() => void) | undefined;

function send(message: FromTrainer): void {
  process.send?.(message);
}

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

class Fake {
  readonly #assignment: Assignment;
  readonly #scenario: Scenario;
  #sent = 0;
  #rate: number;

  constructor(assignment: Assignment) {
    this.#assignment = assignment;
    this.#scenario = scenarioOf(assignment.settings.seed);
    this.#rate = assignment.settings.optimizer.learning_rate;
  }

  async train(): Promise<void> {
    const { settings, checkpoints, attempt } = this.#assignment;
    const { ends, crashes, hangsAt, chunkMs = 0, deaf } = this.#scenario;
    const start = checkpoints[0]?.step ?? 0;
    if (crashes) process.kill(process.pid, "SIGKILL");
    send({ type: "started", plan, step: start });
    for (let step = start; step < settings.steps; step += chunkSteps) {
      await delay(chunkMs);
      if (hangsAt !== undefined && step >= hangsAt && attempt === 1) await delay(2 ** 30);
      await this.#hearAt(step);
      if (wish !== undefined && !deaf) return this.#stop(step, wish);
      await this.#chunk(step, Math.min(step + chunkSteps, settings.steps));
    }
    if (ends !== undefined) return this.#endBadly(ends);
    await this.#checkpoint(settings.steps, true);
    await this.#evaluation(settings.steps);
    send({
      type: "ended",
      outcome: { type: "succeeded", result: scoresAt(settings.steps) },
      seconds: 1,
    });
  }

  async #hearAt(step: number): Promise<void> {
    const { waitsAt = [] } = this.#assignment.attempt === 1 ? this.#scenario : {};
    const wanted = waitsAt.filter((each) => each <= step).length;
    while (told < wanted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      hear = resolve;
      await promise;
    }
  }

  async #chunk(step: number, to: number): Promise<void> {
    if (this.#scenario.lies === "nonsense") send({ type: "song" } as unknown as FromTrainer);
    const from = this.#scenario.lies === "gap" ? step + 2 : step + 1;
    await this.#steer(step);
    const steps = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const columns = { loss: steps.map(lossAt), learning_rate: steps.map(() => this.#rate) };
    await this.#event({ kind: "metrics", key: `metrics:${from}`, data: { from, to, columns } });
    if (to % this.#assignment.settings.evaluate.every === 0) await this.#evaluation(to);
    if (to % 20 === 0) await this.#checkpoint(to, false);
    if (to % 50 === 0) await this.#snapshot(to);
  }

  /** Steering takes effect before a step, at the same one in every attempt. */
  async #steer(step: number): Promise<void> {
    for (const entry of steering) {
      if (entry.step !== null && entry.step > step) continue;
      steering = steering.filter((other) => other !== entry);
      this.#rate = entry.changes.learning_rate ?? this.#rate;
      const { request, changes } = entry;
      const data = { step: entry.step ?? step, changes, request };
      await this.#event({ kind: "steered", key: `steered:${request}`, data });
    }
  }

  async #stop(step: number, asked: "pause" | "cancel"): Promise<void> {
    await this.#checkpoint(step, asked === "cancel");
    const outcome =
      asked === "pause"
        ? ({ type: "paused" } as const)
        : ({ type: "cancelled", result: null } as const);
    send({ type: "ended", outcome, seconds: 1 });
  }

  #endBadly(ends: NonNullable<Scenario["ends"]>): void {
    if (ends === "diverged") {
      const error = { code: "diverged", message: "The loss is NaN.", retryable: false } as const;
      send({ type: "ended", outcome: { type: "failed", error }, seconds: 1 });
      return;
    }
    if (ends === "without_a_word") process.exit(0);
    process.stderr.write("FATAL ERROR: JavaScript heap out of memory\n", () => process.abort());
  }

  #evaluation(step: number): Promise<void> {
    const data = { step, ...scoresAt(step) };
    return this.#event({ kind: "evaluation", key: `evaluation:${step}`, data });
  }

  async #checkpoint(step: number, final: boolean): Promise<void> {
    if (step >= 40 && this.#assignment.attempt <= (this.#scenario.fullAttempts ?? 0)) {
      const error = { code: "storage_full", message: "No room.", retryable: true } as const;
      send({ type: "ended", outcome: { type: "failed", error }, seconds: 1 });
      await delay(2 ** 30);
    }
    const digest = digestOf(`checkpoint ${step}`);
    const data = { id: newId("chk"), step, digest, weights: digest, bytes: 1, final };
    return this.#event({ kind: "checkpoint", key: `checkpoint:${step}`, data });
  }

  #snapshot(step: number): Promise<void> {
    const data = { id: newId("snp"), ...figures, step, digest: null };
    return this.#event({ kind: "snapshot", key: `snapshot:${step}`, data });
  }

  async #event(event: TrainerEvent): Promise<void> {
    while (this.#sent - acknowledged >= eventsUnackedMax) await delay(1);
    send({ type: "event", event });
    this.#sent += 1;
    const { attempt } = this.#assignment;
    const { killedAttempts = 0 } = this.#scenario;
    if (attempt > killedAttempts) return;
    const fatal = 1 + ((attempt * 7919) % 11);
    if (this.#sent < fatal) return;
    // Sometimes the message is on its way, sometimes it is not.
    if (attempt % 3 > 0) await delay(attempt % 3);
    process.kill(process.pid, "SIGKILL");
  }
}

const plan = {
  solver: "standard",
  reason: "asked for",
  engine: "reference",
  device: "cpu",
  flops: 1,
  memory_bytes: 1,
  primals: null,
  alternatives: [],
};

const figures: Omit<SnapshotFigures, "step"> = {
  kernel: "trace",
  examples: 4,
  outputs: 2,
  split: "test",
  trace: 4,
  eigenvalues: [2, 1, 0.5, 0.5],
  effective_rank: 3,
  participation_ratio: 3,
  condition_number: "Infinity",
  lambda_min: 0,
  rank: 4,
  alignment: 0.5,
  centred_alignment: null,
  distance_to_first: 0,
  distance_to_previous: 0,
  relative_change: 0,
  layer_share: { dense: 1 },
  lambda_max: 1,
  stable_learning_rate: 2,
  seconds: 0.1,
};

function scoresAt(step: number) {
  const score = { loss: lossAt(step), accuracy: 0.5 };
  const scores = { train: score, test: score };
  return { linearised: scores, network: scores };
}

/** The first input says what becomes of an errand. */
function run(id: number, errand: Errand): void {
  if (errand.kind !== "predict") return;
  const [first] = errand.inputs;
  if (first === 1) process.kill(process.pid, "SIGKILL");
  if (first === 2) return;
  if (first === 3) {
    const error = { code: "storage_corrupt", message: "Damaged.", retryable: false } as const;
    send({ type: "errand_failed", id, error });
    return;
  }
  const width = errand.inputs.length / errand.examples;
  const outputs = Float64Array.from({ length: errand.examples * 2 }, (_, i) => {
    const start = Math.floor(i / 2) * width;
    const sum = errand.inputs.subarray(start, start + width).reduce((a, b) => a + b, 0);
    return i % 2 === 0 ? sum : process.pid;
  });
  send({ type: "errand_done", id, result: { kind: "predict", step: 7, shape: [2], outputs } });
}

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToTrainer) => {
  switch (message.type) {
    case "begin":
      acknowledged = 0;
      wish = undefined;
      steering = [...message.assignment.steering];
      told = 0;
      void new Fake(message.assignment).train();
      break;
    case "steer":
      steering.push({ request: message.request, changes: message.changes, step: null });
      told += 1;
      hear?.();
      break;
    case "pause":
    case "cancel":
      wish = message.type;
      told += 1;
      hear?.();
      break;
    case "ack":
      acknowledged = message.events;
      break;
    case "errand":
      run(message.id, message.errand);
      break;
    default:
      message satisfies never;
  }
});
send({ type: "ready" });
