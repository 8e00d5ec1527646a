/** Child processes: what they are given, what they print, what is believed of what they say. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { lineCharactersMax, linesPerChildMax, readLines } from "#runs/lines.ts";
import { messageFrom } from "#runs/messages.ts";
import { openRate } from "#runs/rate.ts";
import { metricsAfter } from "#runs/recorder.ts";
import { environmentFor, openTrainer, scrubbed } from "#runs/trainers.ts";
import { fakeTrainer } from "./workshop.ts";

test("a child sees what native libraries need of the environment and nothing else", () => {
  const kept = {
    ...{ PATH: "/bin", CUDA_VISIBLE_DEVICES: "1", VK_ICD_FILENAMES: "x" },
    NODE_COMPILE_CACHE: "/data/code",
  };
  const dropped = { LINNET_TOKEN: "t", NODE_OPTIONS: "--x", AWS_SECRET: "s", HOME: undefined };
  assert.deepEqual(scrubbed({ ...kept, ...dropped }), kept);
});

test("a child sees credentials of S3 only where artifacts are there", () => {
  const keys = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s" };
  assert.deepEqual(scrubbed(keys), {});
  assert.deepEqual(scrubbed({ ...keys, LINNET_ARTIFACTS: "s3://bucket" }), keys);
});

test("TensorFloat-32 is off for a child unless the operator switches it on", () => {
  assert.deepEqual(environmentFor({}), { NVIDIA_TF32_OVERRIDE: "0" });
  assert.deepEqual(environmentFor({ LINNET_TF32: "false" }), { NVIDIA_TF32_OVERRIDE: "0" });
  assert.deepEqual(environmentFor({ LINNET_TF32: "true", PATH: "/bin" }), { PATH: "/bin" });
});

test("lines are cut at their length and at their number", async () => {
  const lines: string[] = [];
  const long = "x".repeat(3 * lineCharactersMax);
  const source = Readable.from([`a\nb`, `c\n${long}\n`, "d\n".repeat(2 * linesPerChildMax), "e"]);
  const read = readLines(source, (line) => lines.push(line));
  await text(source).catch(() => undefined);
  assert.deepEqual(lines.slice(0, 2), ["a", "bc"]);
  assert.equal(lines[2]?.length, lineCharactersMax);
  assert.equal(lines.length, linesPerChildMax);
  assert.equal(read.tail().at(-1), "e");
});

test("a child that is killed says nothing more and is known to be killed", async () => {
  const trainer = openTrainer({
    entry: fakeTrainer,
    environment: {},
    heapBytesMax: 2 ** 28,
    hangMs: 60_000,
    onLine: () => undefined,
  });
  assert.deepEqual(await trainer.take(), [{ type: "ready" }]);
  trainer.kill();
  assert.equal((await trainer.exited).cause, "killed");
  assert.deepEqual(await trainer.take(), []);
  assert.equal(trainer.send({ type: "pause" }), false);
});

test("only messages of the channel are believed", () => {
  assert.deepEqual(messageFrom({ type: "alive" }), { type: "alive" });
  const data = { step: 1, level: "info", message: "hello" };
  const event = { kind: "log", key: "log:1", data };
  assert.deepEqual(messageFrom({ type: "event", event }), { type: "event", event });
  const wrong: readonly unknown[] = [
    null,
    "ready",
    { type: "song" },
    { type: "event", event: { ...event, kind: "status" } },
    { type: "event", event: { ...event, data: { ...data, step: -1 } } },
    { type: "ended", outcome: { type: "failed", error: { code: "unheard_of" } }, seconds: 1 },
  ];
  for (const value of wrong) assert.equal(typeof messageFrom(value), "string");
});

test("metrics are cut to the steps that the log does not have", () => {
  const data = { from: 5, to: 7, columns: { loss: [5, 6, 7] } };
  assert.deepEqual(metricsAfter(4, data), data);
  assert.deepEqual(metricsAfter(5, data), { from: 6, to: 7, columns: { loss: [6, 7] } });
  assert.equal(metricsAfter(7, data), undefined);
  assert.throws(() => metricsAfter(3, data), /4 is missing/);
  assert.throws(() => metricsAfter(4, { ...data, columns: { loss: [5] } }), /1 values for 3/);
});

test("the time left follows the rate of the last steps", () => {
  const rate = openRate(100, 0);
  assert.equal(rate.secondsTo(200), null);
  rate.reached(110, 1000);
  assert.equal(rate.secondsTo(210), 10);
  rate.reached(110, 2000);
  for (let second = 2; second <= 200; second += 1) {
    rate.reached(110 + (second - 1) * 20, 1000 * second);
  }
  const left = rate.secondsTo(110 + 199 * 20 + 200) ?? 0;
  assert.ok(Math.abs(left - 10) < 0.5, `${left}`);
});
