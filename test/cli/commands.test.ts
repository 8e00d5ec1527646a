/** The command line against a real service: what it prints, and how it ends. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { main } from "#cli/main.ts";
import type { RunEvent } from "#schemas/event.ts";
import { openService, type Served } from "#test/journeys/service.ts";
import { linnet, screen } from "./screen.ts";

/** A command that does not end when it should must not hold up everything else. */
const patience = { timeout: 60_000 };

let folder = "";
let served: Served;

const wedge = {
  model: { input: { shape: [20] }, layers: [{ type: "dense", units: 4 }] },
  dataset: { type: "wedge", train: 64, test: 64 },
  name: "small",
  algorithm: { type: "linearised", period: 8 },
  optimizer: { type: "sgd", learning_rate: 0.05 },
  batch_size: 32,
  steps: 40,
  evaluate: { every: 20 },
  snapshots: { every: 20, examples: 8 },
};

async function file(content: unknown, name = "run.json"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const jsonLines = (text: string): readonly unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "linnet-cli-"));
  served = await openService();
});

after(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe("linnet train", () => {
  it("trains a file on a service and says how both functions did", async () => {
    const ended = await linnet(["train", await file(wedge)], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
    assert.match(ended.out, /small {2}succeeded {2}40\/40 \(100%\)/);
    assert.match(ended.out, /✓ small \(run_\w+\) succeeded in .*40 of 40 steps/);
    assert.match(ended.out, /\nlinearised +[\d.]+ +[\d.]+% +[\d.]+ +[\d.]+%\nnetwork +/);
  });

  it("writes the whole log as JSON lines and nothing else with --json", async () => {
    const path = await file(wedge);
    const ended = await linnet(["train", path, "--json", "--steps", "12"], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
    const events = jsonLines(ended.out) as (RunEvent & { run: string })[];
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, i) => i + 1),
    );
    const last = events.at(-1);
    assert.ok(last?.type === "status" && last.data.status === "succeeded");
  });

  it("lets flags win over the file", async () => {
    const flags = ["--period", "never", "--rate", "0.25", "--seed", "7", "--batch", "full"];
    const path = await file(wedge);
    const ended = await linnet(["train", path, "--detach", ...flags, "--name", "flagged"], {
      url: served.url,
    });
    assert.equal(ended.code, 0, ended.err);
    const run = await served.api.run(ended.out.trim());
    const { algorithm, optimizer, seed, batch_size: batch, name } = run;
    assert.equal(algorithm.type === "linearised" && algorithm.period, "never");
    assert.deepEqual([optimizer.learning_rate, seed, batch, name], [0.25, 7, "full", "flagged"]);
    const watched = await linnet(["watch", run.id], { url: served.url });
    assert.equal(watched.code, 0, watched.err);
  });

  it("points into the file when model, data set or a field is refused", async () => {
    const broken = [
      [
        { ...wedge, model: { input: { shape: [20] }, layers: [{ type: "dens" }] } },
        "/model/layers",
      ],
      [{ ...wedge, dataset: { type: "wedge", train: -1 } }, "/dataset/train"],
      [{ ...wedge, optimizer: { type: "sgd", learning_rate: -1 } }, "/optimizer/learning_rate"],
      [{ ...wedge, stepz: 3 }, "/stepz"],
      [{ ...wedge, dataset: "data.xyz" }, "/dataset"],
    ] as const;
    for (const [content, pointer] of broken) {
      const ended = await linnet(["train", await file(content)], { url: served.url });
      assert.equal(ended.code, 2, ended.err);
      assert.ok(ended.err.includes(`  ${pointer}`), `${pointer}: ${ended.err}`);
      assert.equal(ended.out, "");
    }
  });

  it("says where a file is not JSON", async () => {
    const ended = await linnet(["train", await file('{ "model": }')], { url: served.url });
    assert.equal(ended.code, 2);
    assert.match(ended.err, /run\.json is not JSON\n +Unexpected token/);
  });

  it("uploads a data set that lies beside the file", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 2},${(i * 7) % 5},${i % 2}`);
    await file(`a,b,label\n${rows.join("\n")}\n`, "data.csv");
    const model = { input: { shape: [2] }, layers: [{ type: "dense", units: 2 }] };
    const dataset = { file: "data.csv", label: "label" };
    const path = await file({ ...wedge, model, dataset, snapshots: null });
    const ended = await linnet(["train", path], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
  });

  it("ends with 1 when training diverges, and says so", async () => {
    const path = await file({ ...wedge, loss: "mean_squared_error" });
    const ended = await linnet(["train", path, "--rate", "1000"], { url: served.url });
    assert.equal(ended.code, 1, ended.out);
    assert.match(ended.out, /✗ small .*failed/);
    assert.match(ended.out, /diverged/);
  });

  it("starts its own service without an address, and cancels at Ctrl-C", patience, async () => {
    const interrupt = new AbortController();
    const data = join(folder, "own");
    const terminal = screen();
    const out = terminal.out;
    const context = {
      terminal: {
        ...terminal,
        now: Date.now,
        out: (text: string) => {
          if (text.includes("running")) interrupt.abort();
          out(text);
        },
      },
      settings: { url: undefined, usualUrl: "http://127.0.0.1:1", colour: "never" },
      environment: {},
      interrupt: interrupt.signal,
    } as const;
    const path = await file({ ...wedge, steps: 1_000_000 });
    assert.equal(await main(["train", path, "--data", data], context), 130);
    assert.match(terminal.printed.out, /cancelled/);
    assert.match(terminal.printed.err, /Cancelling/);
    assert.ok((await readdir(data)).length > 0, "what it did is kept in the given folder");
  });
});

describe("the other commands", () => {
  it("list what there is, as a table or as JSON lines", async () => {
    const trained = await linnet(["train", await file(wedge), "--json"], { url: served.url });
    const [{ run }] = jsonLines(trained.out) as [{ run: string }];
    for (const [args, expected] of [
      [["runs", "--limit", "5"], run],
      [["models"], "mdl_"],
      [["datasets"], "wedge"],
      [["devices"], "onnxruntime"],
      [["snapshots", run], "snp_"],
      [["events", run], "succeeded"],
      [["events", run, "--follow", "--after", "2"], "evaluation"],
    ] as const) {
      const text = await linnet(args, { url: served.url });
      assert.equal(text.code, 0, text.err);
      assert.ok(text.out.includes(expected), text.out);
      const json = await linnet([...args, "--json"], { url: served.url });
      assert.ok(jsonLines(json.out).length > 0);
    }
  });

  it("steer, pause, resume and cancel a run", async () => {
    const path = await file({ ...wedge, steps: 1_000_000 });
    const options = { url: served.url };
    const run = (await linnet(["train", path, "--detach"], options)).out.trim();
    const until = async (wanted: (event: RunEvent) => boolean): Promise<RunEvent> => {
      for await (const event of served.api.follow(run, {})) if (wanted(event)) return event;
      return assert.fail("the run ended first");
    };
    await until(({ type }) => type === "metrics");
    const steered = await linnet(["steer", run, "--rate", "0.01", "--period", "never"], options);
    assert.equal(steered.code, 0, steered.err);
    const event = await until(({ type }) => type === "steered");
    assert.ok(event.type === "steered" && event.data.changes.learning_rate === 0.01);
    assert.equal((await linnet(["pause", run], options)).code, 0);
    await until(
      ({ type, data }) => type === "status" && (data as { status: string }).status === "paused",
    );
    assert.equal((await linnet(["resume", run], options)).code, 0);
    assert.equal((await linnet(["cancel", run], options)).code, 0);
    const watched = await linnet(["watch", run], options);
    assert.equal(watched.code, 1, "a cancelled run has not succeeded");
    assert.match(watched.out, /■ small .*cancelled/);
  });

  it("stop watching a run of another service at Ctrl-C without touching it", async () => {
    const path = await file({ ...wedge, steps: 1_000_000 });
    const run = (await linnet(["train", path, "--detach"], { url: served.url })).out.trim();
    const interrupt = AbortSignal.abort();
    const ended = await linnet(["watch", run], { url: served.url, interrupt });
    assert.equal(ended.code, 130);
    assert.match(ended.err, new RegExp(`the run goes on: linnet watch ${run}`));
    assert.notEqual((await served.api.run(run)).wanted, "cancel");
    await served.api.act(run, "cancel");
  });

  it("say what is wrong with the usage, and end with 2", async () => {
    for (const args of [
      ["train"],
      ["train", "missing.json"],
      ["trian", "x"],
      ["train", "x", "--period", "0"],
      ["runs", "--status", "happy"],
      ["steer", "run_00000000000000000000"],
      ["watch", "run_00000000000000000000"],
      ["runs", "--url", "nowhere"],
    ]) {
      const ended = await linnet(args, args.includes("--url") ? {} : { url: served.url });
      assert.equal(ended.code, 2, `${args.join(" ")}: ${ended.err}`);
      assert.notEqual(ended.err, "");
      assert.equal(ended.out, "");
    }
  });

  it("end with 3 when no service answers, and say how to start one", async () => {
    const ended = await linnet(["runs"]);
    assert.equal(ended.code, 3);
    assert.match(ended.err, /No service answers at http:\/\/127\.0\.0\.1:1\n.*linnet serve/s);
  });

  it("help without being at fault", async () => {
    const ended = await linnet(["train", "--help"]);
    assert.equal(ended.code, 0);
    assert.match(ended.out, /--period <steps\|never>/);
  });
});
