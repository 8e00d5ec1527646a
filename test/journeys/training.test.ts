/** The trainer behind its door: a child that is spoken to over the channel alone. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { on, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { encode, generate } from "#catalog/datasets.ts";
import type { Definition } from "#schemas/model.ts";
import type {
  Assignment,
  FromTrainer,
  RunSettings,
  ToTrainer,
  TrainerEvent,
} from "#src/channel.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { assignmentOf, eventsOf, settingsOf } from "#test/learning/training.ts";

const definition: Definition = {
  input: { shape: [20] },
  layers: [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 4 },
  ],
};
const entry = join(import.meta.dirname, "../../src/trainer.ts");

let artifactsDir = "";
let dataset = "";

before(async () => {
  artifactsDir = await mkdtemp(join(tmpdir(), "linnet-trainer-"));
  const artifacts = await openArtifactFolder(artifactsDir);
  const generated = generate({ type: "wedge", train: 64, test: 32, seed: 1 } as never);
  dataset = (await artifacts.put(encode(generated), { bytesMax: 1e8 })).digest;
});

after(async () => {
  await rm(artifactsDir, { recursive: true, force: true });
});

function assignment(settings: Partial<RunSettings>, changes: Partial<Assignment> = {}): Assignment {
  const whole = settingsOf({ dtype: "float32", engine: "auto", ...settings });
  const model = { kind: "definition", definition } as const;
  return assignmentOf(whole, { model, dataset, artifactsDir, ...changes });
}

interface Told {
  readonly messages: readonly FromTrainer[];
  readonly events: readonly TrainerEvent[];
  readonly code: number | null;
}

/** A child, and everything it says until it ends; `answer` may answer each message. */
async function converse(
  answer: (message: FromTrainer, child: ChildProcess, told: number) => ToTrainer | undefined,
): Promise<Told> {
  const child = fork(entry, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const messages: FromTrainer[] = [];
  const ended = new AbortController();
  const exit = once(child, "exit").then(([code]) => {
    ended.abort();
    return code as number | null;
  });
  try {
    for await (const [message] of on(child, "message", { signal: ended.signal })) {
      messages.push(message);
      const events = messages.filter(({ type }) => type === "event").length;
      if (message.type === "event") child.send({ type: "ack", events });
      const reply = answer(message, child, messages.length);
      if (reply !== undefined) child.send(reply);
      else if (message.type === "ended") child.disconnect();
    }
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  }
  const events = messages.flatMap((message) => (message.type === "event" ? [message.event] : []));
  return { messages, events, code: await exit };
}

const begins = (whole: Assignment) => (message: FromTrainer) =>
  message.type === "ready" ? ({ type: "begin", assignment: whole } as const) : undefined;

describe("a trainer", () => {
  it("trains on ONNX Runtime from begin to ended, and ends with its parent", async () => {
    const settings: Partial<RunSettings> = {
      algorithm: { type: "linearised", period: 8 },
      snapshots: { every: 12, examples: 8 },
    };
    const { messages, events, code } = await converse(begins(assignment(settings)));
    assert.equal(code, 3);
    const started = messages.find(({ type }) => type === "started");
    assert.ok(started?.type === "started" && started.plan.engine === "onnxruntime");
    const ended = messages.at(-1);
    assert.ok(ended?.type === "ended", JSON.stringify(ended));
    assert.equal(ended.outcome.type, "succeeded", JSON.stringify(ended.outcome));
    assert.deepEqual(
      eventsOf(events, "anchor").map(({ step }) => step),
      [0, 8, 16],
    );
    assert.deepEqual(
      eventsOf(events, "snapshot").map(({ step }) => step),
      [0, 12, 24],
    );
  });

  it("trains one run after another to the same numbers as alone", async () => {
    const settings = { steps: 200, algorithm: { type: "linearised", period: 8 } } as const;
    const digests = ({ events }: Told) =>
      eventsOf(events, "checkpoint").map(({ digest }) => digest);
    const whole = assignment(settings);
    const alone = await converse(begins(whole));
    let left = 3;
    const told = await converse((message) => {
      if (message.type === "ended") left -= 1;
      const isFree = message.type === "ready" || message.type === "ended";
      return isFree && left > 0 ? { type: "begin", assignment: whole } : undefined;
    });
    const [digest] = digests(alone);
    assert.deepEqual(digests(told), [digest, digest, digest]);
  });

  it("pauses with a checkpoint, and another one goes on to the same weights", async () => {
    const settings = { steps: 400, optimizer: { type: "adam", learning_rate: 0.01 } } as const;
    const weights = ({ events }: Told) => eventsOf(events, "checkpoint").at(-1)?.weights;
    const whole = await converse(begins(assignment(settings)));
    const first = await converse((message) => {
      if (message.type === "event" && message.event.kind === "metrics") return { type: "pause" };
      return begins(assignment(settings))(message);
    });
    const last = first.messages.at(-1);
    assert.ok(last?.type === "ended" && last.outcome.type === "paused");
    const [checkpoint] = eventsOf(first.events, "checkpoint");
    assert.ok(checkpoint !== undefined && checkpoint.step < 400);
    const change = { attempt: 2, checkpoints: [checkpoint] };
    const second = await converse(begins(assignment(settings, change)));
    assert.equal(weights(second), weights(whole));
  });

  it("predicts from a checkpoint and stores initial weights on errands", async () => {
    const trained = await converse(begins(assignment({})));
    const [checkpoint] = eventsOf(trained.events, "checkpoint");
    const model = { kind: "definition", definition } as const;
    const ask = { model, artifactsDir };
    const told = await converse((message, child) => {
      if (message.type === "ready") {
        const inputs = new Float64Array(300 * 20).fill(0.5);
        const predict = { kind: "predict", checkpoint: checkpoint?.digest ?? "", inputs } as const;
        const errand = { ...ask, ...predict, function: "network", examples: 300 } as const;
        return { type: "errand", id: 1, errand };
      }
      if (message.type === "errand_done" && message.id === 1) {
        return { type: "errand", id: 2, errand: { ...ask, kind: "initial_weights", seed: 3 } };
      }
      if (message.type === "errand_done") {
        return { type: "errand", id: 3, errand: { ...ask, ...missing } };
      }
      if (message.type === "errand_failed") child.disconnect();
      return undefined;
    });
    const [predicted, weights] = told.messages.flatMap((message) =>
      message.type === "errand_done" ? [message.result] : [],
    );
    assert.ok(predicted?.kind === "predict");
    assert.deepEqual(predicted.shape, [4]);
    assert.equal(predicted.outputs.length, 1200);
    assert.deepEqual(predicted.outputs.slice(0, 4), predicted.outputs.slice(-4));
    assert.ok(weights?.kind === "initial_weights" && weights.bytes > 0);
    const failed = told.messages.find(({ type }) => type === "errand_failed");
    assert.ok(failed?.type === "errand_failed" && failed.error.code === "not_found");
    assert.equal(told.code, 3, "it ends when its parent goes away");
  });

  it("says clearly that an engine is not there, and what does not fit", async () => {
    for (const [settings, code] of [
      [{ engine: "tfjs", device: "cuda" }, "engine_unavailable"],
      [{ engine: "reference", device: "webgpu" }, "engine_unavailable"],
    ] as const) {
      const { messages } = await converse(begins(assignment(settings)));
      const last = messages.at(-1);
      assert.ok(last?.type === "ended" && last.outcome.type === "failed");
      assert.equal(last.outcome.error.code, code);
    }
  });

  it("waits when too many of its events are not acknowledged", async () => {
    const child = fork(entry, [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const whole = assignment({ steps: 200, evaluate: { every: 1 }, engine: "reference" });
    let events = 0;
    let quietAt = 0;
    for await (const [message] of on(child, "message", { close: ["exit"] })) {
      if (message.type === "ready") child.send({ type: "begin", assignment: whole });
      if (message.type === "event") events += 1;
      if (events === 64 && quietAt === 0) {
        // Nothing further may come before an acknowledgement, which the next one carries.
        quietAt = events;
        child.send({ type: "ack", events });
      } else if (quietAt > 0 && message.type === "event") {
        assert.ok(events <= quietAt + 64);
        child.send({ type: "ack", events });
        quietAt = events;
      }
      if (message.type === "ended") break;
    }
    child.disconnect();
    assert.ok(events > 400);
  });
});

const missing = {
  kind: "predict",
  checkpoint: `sha256:${"0".repeat(64)}`,
  function: "linearised",
  inputs: new Float64Array(20),
  examples: 1,
} as const;
