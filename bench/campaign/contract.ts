/**
 * The contract campaign: schemathesis with all its checks, stateful ones among them, against the
 * running service; then frames made from the stream's own schemas, sent to live sockets.
 */
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chanceOf } from "./chance.ts";
import { frameCampaign } from "./frames.ts";
import { KillClient } from "./kill-client.ts";
import { atLeast, none, type Report } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface ContractOptions {
  readonly seed: number;
  readonly isShort: boolean;
  readonly onLine: (text: string) => void;
}

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../node_modules/.cache/schemathesis");
const rules = join(import.meta.dirname, "schemathesis.toml");
const version = "4.32.5";
const adminKey = `lnt_${"0".repeat(20)}_${"c".repeat(43)}`;
/** All but admin: a key that may manage keys would end itself by chance. */
const scopes = [
  "runs:read",
  "runs:write",
  "models:read",
  "models:write",
  "datasets:read",
  "datasets:write",
  "stream:read",
];

/** A key that may do everything but manage keys. */
async function keyFor(server: Server): Promise<string> {
  const client = new KillClient(chanceOf(1, "key"), adminKey);
  client.address = server.address;
  const answer = await client.ask("POST", "/v1/api-keys", { body: { name: "campaign", scopes } });
  return String(answer?.body["key"]);
}

/** Python or its packages cannot be had on this machine. */
export class NoSchemathesis extends Error {
  override readonly name = "NoSchemathesis";
}

/** The program, installed once into a folder that git ignores. */
async function schemathesis(onLine: (text: string) => void): Promise<string> {
  const program = join(cache, "bin/st");
  if (await stat(program).catch(() => null)) return program;
  onLine(`installing schemathesis ${version} into ${cache}`);
  try {
    await mkdir(cache, { recursive: true });
    await run("python3", ["-m", "venv", cache]);
    await run(join(cache, "bin/pip"), ["install", "-q", `schemathesis==${version}`]);
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

/** What schemathesis says to its end. */
async function attack(server: Server, key: string, options: ContractOptions): Promise<Outcome> {
  const program = await schemathesis(options.onLine);
  const child = spawn(
    program,
    [
      "--config-file",
      rules,
      "run",
      `${server.address}/openapi.json`,
      "--checks",
      "all",
      "--phases",
      "examples,coverage,fuzzing,stateful",
      "--max-examples",
      options.isShort ? "5" : "60",
      "--seed",
      String(options.seed),
      "--continue-on-failure",
      "--suppress-health-check",
      "all",
      "--no-color",
      "-H",
      `Authorization: Bearer ${key}`,
    ],
    { cwd: tmpdir(), stdio: ["ignore", "pipe", "pipe"] },
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

export async function contractCampaign(options: ContractOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-contract-"));
  const server = await startServer({
    dataDir,
    port: 0,
    environment: {
      LINNET_AUTH: "keys",
      LINNET_BOOTSTRAP_KEY: adminKey,
      LINNET_REQUESTS_PER_MINUTE: "0",
    },
  });
  try {
    const key = await keyFor(server);
    const { text, code } = await attack(server, key, options);
    await writeFile(join(cache, "last.txt"), text);
    const failures = failuresIn(text);
    const cases = countIn(text, /(\d+) generated/);
    if (cases === 0) options.onLine(text.slice(-2000));
    const frames = await frameCampaign({
      server,
      key,
      count: options.isShort ? 500 : 10_000,
      seed: options.seed,
    });
    return {
      campaign: "contract",
      figures: [
        atLeast("cases of schemathesis", cases, options.isShort ? 1000 : 10_000),
        none("… kinds of failure", failures.length),
        none("… exit code", code ?? 1),
        ...frames.figures,
        {
          name: "service still runs",
          value: server.isRunning() ? "yes" : "no",
          bound: "yes",
          holds: server.isRunning(),
        },
      ],
      findings: [...failures, ...excerptsIn(text), ...frames.findings],
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
