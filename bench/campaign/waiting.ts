/**
 * How long others wait while the service reads a large table from a stranger: requests for
 * `/livez`, one after another, from before the upload until the data set is there.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atMost, none, type Report, worst } from "./report.ts";
import { startServer } from "./server.ts";

export interface WaitingOptions {
  readonly megabytes: number;
}

/** On a machine that has nothing else to do; a busy one adds what its other work takes. */
const waitMsMax = 50;
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
    const waits: number[] = [];
    while (status === undefined) {
      const fromMs = performance.now();
      await (await fetch(`${server.address}/livez`)).arrayBuffer();
      waits.push(performance.now() - fromMs);
    }
    await made;
    const seconds = (performance.now() - beganMs) / 1000;
    const inOrder = waits.toSorted((a, b) => a - b);
    return {
      campaign: "waiting",
      figures: [
        { name: "megabytes of csv", value: megabytes },
        worst("seconds until the data set was there", seconds),
        { name: "requests of others meanwhile", value: waits.length },
        worst("their median, ms", inOrder[Math.floor(inOrder.length / 2)] ?? 0),
        worst("their 99.9th percentile, ms", inOrder[Math.floor(inOrder.length * 0.999)] ?? 0),
        atMost("the longest, ms", inOrder.at(-1) ?? 0, waitMsMax),
        none("refusals of the upload", findings.length),
      ],
      findings,
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
