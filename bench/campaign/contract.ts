/**
 * The contract campaign: schemathesis with all its checks, stateful ones among them, against the
 * running service; then frames made from the stream's own schemas, sent to live sockets.
 */
import { execFile, spawn } from "node:child_process";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ordinaryScopes } from "#schemas/api-key.ts";
import { chanceOf } from "./chance.ts";
import { type Materials, prepareMaterials } from "./contract-materials.ts";
import { frameCampaign, runsForFrames } from "./frames.ts";
import { KillClient } from "./kill-client.ts";
import { atLeast, none, type Report } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface ContractOptions {
  readonly seed: number;
  readonly isShort: boolean;
  /** Random cases of each operation, beside those that cover its schema. */
  readonly examples: number;
  readonly onLine: (text: string) => void;
}

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../node_modules/.cache/schemathesis");
const rules = join(import.meta.dirname, "schemathesis.toml");
const hooks = join(import.meta.dirname, "schemathesis_hooks.py");
const version = "4.32.5";
const adminKey = `lnt_${"0".repeat(20)}_${"c".repeat(43)}`;

/** A key that may do everything but manage keys: by chance it would end itself. */
async function keyFor(server: Server): Promise<string> {
  const client = new KillClient(chanceOf(1, "key"), adminKey);
  client.address = server.address;
  const answer = await client.ask("POST", "/v1/api-keys", {
    body: { name: "campaign", scopes: ordinaryScopes },
  });
  return String(answer?.body["key"]);
}

/** Python or its packages cannot be had on this machine. */
export class NoSchemathesis extends Error {
  override readonly name = "NoSchemathesis";
}

/** The Python that has it, installed once into a folder that git ignores. */
async function schemathesis(onLine: (text: string) => void): Promise<string> {
  const program = join(cache, "bin/python3");
  const installed = await run(program, ["-m", "pip", "show", "schemathesis"]).catch(() => null);
  if (installed?.stdout.includes(`Version: ${version}`) === true) return program;
  onLine(`installing schemathesis ${version} into ${cache}`);
  try {
    await mkdir(cache, { recursive: true });
    await run("python3", ["-m", "venv", cache]);
    await run(program, ["-m", "pip", "install", "-q", `schemathesis==${version}`]);
    return program;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const remedy = `python3 with venv and a package index are needed for schemathesis: ${text}`;
    throw new NoSchemathesis(remedy, { cause: error });
  }
}

interface Outcome {
  readonly code: number | null;
  readonly text: string;
}

interface Attack {
  readonly server: Server;
  readonly key: string;
  readonly seed: number;
  readonly examples: number;
  readonly known: Materials;
  /** Which paths; all when absent. */
  readonly paths?: string;
}

/** What schemathesis says to its end. */
async function attack(program: string, how: Attack): Promise<Outcome> {
  const { server, key, seed, examples, known, paths } = how;
  const child = spawn(
    program,
    [
      "-m",
      "schemathesis.cli",
      "--config-file",
      rules,
      "run",
      `${server.address}/openapi.json`,
      "--checks",
      "all",
      "--phases",
      "examples,coverage,fuzzing,stateful",
      "--max-examples",
      String(examples),
      "--seed",
      String(seed),
      ...(paths === undefined ? [] : ["--include-path-regex", paths]),
      "--continue-on-failure",
      "--suppress-health-check",
      "all",
      "--no-color",
      "-H",
      `Authorization: Bearer ${key}`,
    ],
    {
      cwd: tmpdir(),
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        LINNET_HOOKS: hooks,
        LINNET_KNOWN: JSON.stringify(known),
        LINNET_SEED: String(seed),
        // Hooks are read in place, and leave nothing beside them.
        PYTHONDONTWRITEBYTECODE: "1",
      },
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      text += data.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, text };
}

const countIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);

/** One line for each kind of failure, as `ST101 Server error: 3`. */
function failuresIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*❌ (ST\d+ [^:\n]+: \d+)$/gm)].map(([, line = ""]) => line);
}

const excerptsMax = 20;

/** The operation and the kinds of each failure that was told at length. */
function excerptsIn(text: string): readonly string[] {
  const told = text.split(/\n_{3,} (.*?) _{3,}\n/);
  const found: string[] = [];
  for (let at = 1; at + 1 < told.length && found.length < excerptsMax; at += 2) {
    const kinds = [...(told[at + 1] ?? "").matchAll(/^- (ST\d+ .+)$/gm)].map(([, kind]) => kind);
    if (kinds.length > 0) found.push(`${told[at]}: ${[...new Set(kinds)].join(", ")}`);
  }
  return found;
}

/** What one attack found. */
async function told(outcome: Outcome, onLine: (text: string) => void) {
  const { text, code } = outcome;
  const cases = countIn(text, /(\d+) generated/);
  if (cases === 0) onLine(text.slice(-2000));
  await appendFile(join(cache, "last.txt"), text);
  return {
    cases,
    code: code ?? 1,
    links: countIn(text, /API Links: +(\d+) covered/),
    failures: failuresIn(text),
    excerpts: excerptsIn(text),
  };
}

/** Cases of the routes that manage keys, which a key of their own attacks. */
const keyExamples = { short: 5, long: 40 };
const keyPaths = "^/v1/api-keys";

export async function contractCampaign(options: ContractOptions): Promise<Report> {
  const { seed, isShort, onLine, examples } = options;
  const program = await schemathesis(onLine);
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-contract-"));
  const server = await startServer({
    dataDir,
    port: 0,
    environment: {
      LINNET_AUTH: "keys",
      LINNET_BOOTSTRAP_KEY: adminKey,
      LINNET_REQUESTS_PER_MINUTE: "0",
      LINNET_THREADS_PER_TRAINER: "1",
    },
  });
  try {
    const key = await keyFor(server);
    const runs = await runsForFrames({ server, key });
    const known = await prepareMaterials(server, key);
    const all = { server, seed, known, key, examples };
    await writeFile(join(cache, "last.txt"), "");
    const routes = await told(await attack(program, all), onLine);
    const count = isShort ? 500 : 10_000;
    const frames = await frameCampaign({ server, key, count, seed, known: runs });
    const ofKeys = { examples: isShort ? keyExamples.short : keyExamples.long, paths: keyPaths };
    const keys = await told(await attack(program, { ...all, ...ofKeys, key: adminKey }), onLine);
    const failures = [...routes.failures, ...keys.failures];
    return {
      campaign: "contract",
      figures: [
        atLeast("cases of schemathesis", routes.cases + keys.cases, isShort ? 1000 : 10_000),
        atLeast("… links between operations that were followed", routes.links, 1),
        none("… kinds of failure", failures.length),
        none("… exit code", Math.max(routes.code, keys.code)),
        ...frames.figures,
        {
          name: "service still runs",
          value: server.isRunning() ? "yes" : "no",
          bound: "yes",
          holds: server.isRunning(),
        },
      ],
      findings: [...failures, ...routes.excerpts, ...keys.excerpts, ...frames.findings],
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
