/**
 * The child's door: takes an assignment or errands from its parent over the channel, and is the
 * only file that names the trainer's artifact folder; backends are chosen in trainer/. It writes
 * no log itself; what it has computed is in learning/.
 */

import { flushCompileCache } from "node:module";
import { dirname, join } from "node:path";
import type { Dataset } from "#catalog/dataset.ts";
import { decode } from "#catalog/datasets.ts";
import { readDataset } from "#catalog/read-dataset.ts";
import { runFile } from "#engine/backends/onnxruntime.ts";
import { FormatError } from "#formats/format-error.ts";
import { speedOf } from "#learning/calibrate.ts";
import { compare } from "#learning/compare-errand.ts";
import { predict, storeInitialWeights } from "#learning/errands.ts";
import type { Examples } from "#learning/examples.ts";
import { exportFile } from "#learning/export.ts";
import { gatherWeights } from "#learning/gather-weights.ts";
import { inspect } from "#learning/inspect.ts";
import { networkOf } from "#learning/model-source.ts";
import { planOf } from "#learning/plan-errand.ts";
import type { Controls } from "#learning/steering.ts";
import { usefulThreads } from "#learning/threads.ts";
import { refusalOf, type Trained, train } from "#learning/train.ts";
import type { RunError } from "#schemas/run.ts";
import {
  type Assignment,
  type Errand,
  type ErrandResult,
  eventsUnackedMax,
  type FromTrainer,
  type SteeringEntry,
  type ToTrainer,
  type TrainerEvent,
} from "#src/channel.ts";
import { failpointOf } from "#src/failpoints.ts";
import { Failure } from "#src/failure.ts";
import { openArtifacts } from "#storage/artifacts/open.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { backendFor, engineArguments } from "./trainer/backends.ts";
import { doKernel } from "./trainer/kernels.ts";
import { probeDevice } from "./trainer/probe.ts";

const exitCodes = { ended: 0, bug: 1, orphaned: 3 } as const;
const failpoint = failpointOf(process.argv[2] ?? "");
/** Of the artifacts, where they are not in their folder. */
const address = process.argv[3] ?? "";
/** Half a minute or so: what a run has computed is worth the wait. */
const attemptsMax = 10;
const engineGiven = engineArguments(process.argv[4]);
const errandThreads = 1;
/** More than the service accepts as a data set. */
const errandDatasetBytesMax = 2 ** 44;
/** Time between signs of life. None is sent while a call blocks the thread. */
const aliveEveryMs = 10_000;

/**
 * Hands a message to the channel. When it has left is not asked: acknowledgements bound what is
 * under way, and a parent that is gone is told by `disconnect`.
 */
function send(message: FromTrainer): void {
  process.send?.(message, () => {});
}

/** What the parent wants, collected as its messages come in. */
class Mailbox implements Controls {
  #wanted: "run" | "pause" | "cancel" = "run";
  #steering: SteeringEntry[] = [];
  #sent = 0;
  #acked = 0;
  #wake: (() => void) | null = null;

  wanted(): "run" | "pause" | "cancel" {
    return this.#wanted;
  }

  steering(): readonly SteeringEntry[] {
    return this.#steering;
  }

  begin(known: readonly SteeringEntry[]): void {
    this.#steering = [...known, ...this.#steering];
  }

  wish(wanted: "pause" | "cancel"): void {
    this.#wanted = wanted;
    this.#wake?.();
  }

  steer(entry: SteeringEntry): void {
    if (this.#steering.some(({ request }) => request === entry.request)) return;
    this.#steering.push(entry);
  }

  ack(events: number): void {
    this.#acked = Math.max(this.#acked, events);
    this.#wake?.();
  }

  /** Sends an event and waits while too many are under way. */
  async emit(event: TrainerEvent): Promise<void> {
    send({ type: "event", event });
    this.#sent += 1;
    while (this.#sent - this.#acked >= eventsUnackedMax) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function decoded(bytes: Uint8Array, bytesMax: number): Dataset {
  try {
    return decode(bytes, { bytesMax });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new Failure("invalid_dataset", error.message, { cause: error });
  }
}

/** A stored data set. Failures `not_found`, `invalid_dataset`. */
async function examplesOf(
  artifacts: Artifacts,
  digest: string,
  bytesMax: number,
): Promise<Examples> {
  const dataset = decoded(await artifacts.get(digest), bytesMax);
  const { xTrain, yTrain, xTest, yTest, task, classes } = dataset;
  return {
    train: { x: xTrain, y: yTrain },
    test: { x: xTest, y: yTest },
    classes: task === "classification" ? (classes ?? null) : null,
  };
}

/** Speeds of devices are kept beside the artifacts. */
const speedFile = (artifactsDir: string): string => join(dirname(artifactsDir), "speeds.json");

async function runAssignment(assignment: Assignment, mailbox: Mailbox): Promise<Trained> {
  mailbox.begin(assignment.steering);
  const { artifactsDir, dataset, memoryBytesMax, settings } = assignment;
  const artifacts = await openArtifacts(artifactsDir, { address, attemptsMax, failpoint });
  const network = await networkOf(assignment.model, artifacts);
  const examples = await examplesOf(artifacts, dataset, memoryBytesMax);
  const threads = usefulThreads({ network, examples }, settings, assignment.threads);
  await using backend = await backendFor(settings, {
    ...engineGiven,
    threads,
    gpu: assignment.gpu,
  });
  return await train({
    assignment,
    network,
    examples,
    backend,
    artifacts,
    speed: () => speedOf(backend, speedFile(artifactsDir), threads),
    controls: mailbox,
    emit: (event) => mailbox.emit(event),
    started: (plan, step) => send({ type: "started", plan, step }),
  });
}

async function runErrand(errand: Errand): Promise<ErrandResult> {
  if (errand.kind === "probe") {
    return await probeDevice(errand, { ...engineGiven, threads: errandThreads });
  }
  const artifacts = await openArtifacts(errand.artifactsDir, { address, failpoint });
  // What is small does not wait for a GPU, nor take its memory.
  const small = { engine: "auto", device: "cpu", dtype: "float32" } as const;
  if (errand.kind === "compare") return await compare(artifacts, errand);
  // Nothing is known of this file yet: the errand itself reads it, carefully.
  if (errand.kind === "inspect") {
    await using backend = await backendFor(small, { ...engineGiven, threads: errand.threads });
    return await inspect({ artifacts, backend, runFile }, errand);
  }
  if (errand.kind === "read_dataset") {
    const { source, bytesMax } = errand;
    return { kind: "read_dataset", facts: await readDataset(artifacts, source, bytesMax) };
  }
  const network = await networkOf(errand.model, artifacts);
  switch (errand.kind) {
    case "export":
      return await exportFile({ network, artifacts }, errand);
    case "gather_weights":
      return await gatherWeights({ network, artifacts }, errand);
    case "initial_weights":
      return await storeInitialWeights({ network, artifacts }, errand);
    case "predict": {
      await using backend = await backendFor(small, { ...engineGiven, threads: errandThreads });
      return await predict({ network, backend, artifacts }, errand);
    }
    case "plan": {
      const { assignment } = errand;
      const { settings, threads } = assignment;
      await using backend = await backendFor(settings, { ...engineGiven, threads });
      const examples = await examplesOf(artifacts, assignment.dataset, assignment.memoryBytesMax);
      const speed = await speedOf(backend, speedFile(errand.artifactsDir), threads);
      const ports = { network, examples, backend, artifacts, speed };
      return { kind: "plan", answer: await planOf(assignment, ports) };
    }
    case "kernel":
    case "kernel_share":
    case "kernel_join": {
      const dataset = (digest: string) => examplesOf(artifacts, digest, errandDatasetBytesMax);
      return await doKernel(errand, { network, artifacts, dataset }, engineGiven);
    }
    default:
      return errand satisfies never;
  }
}

function errorOf(error: unknown): RunError {
  const refused = refusalOf(error);
  if (refused !== null) return refused;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${message}\n`);
  return { code: "internal", message: "the trainer met a bug", retryable: false };
}

/** Trains to the end. The process then waits for another assignment, unless it met a bug. */
async function begin(assignment: Assignment, mailbox: Mailbox): Promise<void> {
  try {
    // Everything of the run is disposed of before its end is told: another may follow at once.
    const { outcome, seconds } = await runAssignment(assignment, mailbox);
    send({ type: "ended", outcome, seconds });
  } catch (error) {
    const refused = errorOf(error);
    const code = refused.code === "internal" ? exitCodes.bug : exitCodes.ended;
    const outcome = { type: "failed", error: refused } as const;
    // The process ends once the message has left it.
    process.send?.({ type: "ended", outcome, seconds: 0 }, () => process.exit(code));
  }
}

async function doErrand(id: number, errand: Errand): Promise<void> {
  try {
    send({ type: "errand_done", id, result: await runErrand(errand) });
  } catch (error) {
    const errors = error instanceof Failure ? error.errors : [];
    send({ type: "errand_failed", id, error: errorOf(error), errors });
  }
}

function receive(message: ToTrainer, mailbox: Mailbox): void {
  switch (message.type) {
    case "begin":
      void begin(message.assignment, mailbox);
      break;
    case "steer":
      mailbox.steer({ request: message.request, changes: message.changes, step: null });
      break;
    case "pause":
    case "cancel":
      mailbox.wish(message.type);
      break;
    case "ack":
      mailbox.ack(message.events);
      break;
    case "errand":
      void doErrand(message.id, message.errand);
      break;
    default:
      message satisfies never;
  }
}

function main(): void {
  if (process.send === undefined) {
    process.stderr.write("the trainer is started by the server, not by hand\n");
    process.exit(exitCodes.bug);
  }
  let mailbox = new Mailbox();
  process.on("message", (message: ToTrainer) => {
    // What came too late for the run before is not meant for this one.
    if (message.type === "begin") mailbox = new Mailbox();
    receive(message, mailbox);
  });
  process.on("disconnect", () => process.exit(exitCodes.orphaned));
  // An interrupt reaches the whole group; the parent decides what becomes of its children.
  process.on("SIGINT", () => {});
  setInterval(() => send({ type: "alive" }), aliveEveryMs).unref();
  send({ type: "ready" });
  // Where the server keeps compiled code; a child that is killed at its end would write nothing.
  flushCompileCache();
}

main();
