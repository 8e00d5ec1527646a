/**
 * How long others wait while the service reads a large table from a stranger: requests for
 * `/livez`, one after another, from before the upload until the data set is there. What the
 * service's thread did meanwhile is told apart from what the machine did for others.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fared, firstThreadOf } from "./processes.ts";
import { atMost, none, type Report, worst } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface WaitingOptions {
  readonly megabytes: number;
}

/**
 * What the service may do before it looks at others again. A request waits for that, and for a core
 * where the machine has other work for its cores.
 */
const workMsMax = 50;
const columns = 20;
const rowsPerPiece = 2000;

/** Rows of numbers with a label at their end, as many as the bytes take. */
function* rows(bytes: number): Generator<Buffer> {
  yield Buffer.from(`${Array.from({ length: columns }, (_, at) => `x${at}`).join(",")},label\n`);
  for (let sent = 0, row = 0; sent < bytes; ) {
    let text = "";
    for (let count = 0; count < rowsPerPiece; count += 1, row += 1) {
      for (let at = 0; at < columns; at += 1) text += `${((row * 31 + at * 7) % 1000) / 500 - 1},`;
      text += `${row % 4}\n`;
    }
    const piece = Buffer.from(text);
    sent += piece.length;
    yield piece;
  }
}

async function* streamed(bytes: number): AsyncGenerator<Buffer> {
  for (const piece of rows(bytes)) {
    yield piece;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One request of others: how long it took, and how the service's thread fared meanwhile. */
interface Wait extends Fared {
  readonly ms: number;
}

const workOf = ({ workedMs }: Wait): number => workedMs;
const coreless = ({ waitedMs }: Wait): number => waitedMs;

async function waitOf({ address, pid }: Server): Promise<Wait> {
  const before = await firstThreadOf(pid);
  const fromMs = performance.now();
  await (await fetch(`${address}/livez`)).arrayBuffer();
  const ms = performance.now() - fromMs;
  const { workedMs, waitedMs } = await firstThreadOf(pid);
  return { ms, workedMs: workedMs - before.workedMs, waitedMs: waitedMs - before.waitedMs };
}

export async function waitingCampaign({ megabytes }: WaitingOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-waiting-"));
  const server = await startServer({ dataDir, port: 0 });
  const findings: string[] = [];
  try {
    const request: RequestInit & { readonly duplex: "half" } = {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: ReadableStream.from(streamed(megabytes * 2 ** 20)),
      duplex: "half",
    };
    const beganMs = performance.now();
    let status: number | undefined;
    const made = fetch(`${server.address}/v1/datasets?label=label`, request).then(
      async (answer) => {
        status = answer.status;
        if (status !== 201) findings.push(`${status} ${(await answer.text()).slice(0, 300)}`);
      },
    );
    const waits: Wait[] = [];
    while (status === undefined) waits.push(await waitOf(server));
    await made;
    const seconds = (performance.now() - beganMs) / 1000;
    const inOrder = waits.toSorted((a, b) => a.ms - b.ms);
    const at = (share: number) => inOrder[Math.ceil(inOrder.length * share) - 1]?.ms ?? 0;
    const most = (of: (wait: Wait) => number) => Math.max(...waits.map(of));
    return {
      campaign: "waiting",
      figures: [
        { name: "megabytes of csv", value: megabytes },
        worst("seconds until the data set was there", seconds),
        { name: "requests of others meanwhile", value: waits.length },
        worst("their median, ms", at(0.5)),
        worst("their 99.9th percentile, ms", at(0.999)),
        worst("the longest, ms", at(1)),
        atMost("most work of the service's thread in one of them, ms", most(workOf), workMsMax),
        worst("most time that it had no core in one of them, ms", most(coreless)),
        none("refusals of the upload", findings.length),
      ],
      findings,
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
