/**
 * The study, by one command: starts a service, submits its sweeps, waits for them by their stream,
 * and writes a report with a verdict for every claim. `npm run paper -- --help` lists the flags.
 */
import { availableParallelism } from "node:os";
import { connectOrEmbed } from "#cli/connect.ts";
import type { Context } from "#cli/context.ts";
import { CommandError, exitCodes } from "#cli/exit.ts";
import { explain } from "#cli/explain.ts";
import { bar } from "#cli/show/bar.ts";
import { paintFor } from "#cli/show/paint.ts";
import { processTerminal, type Terminal } from "#cli/terminal.ts";
import { processEnvironment, readClientSettings } from "#src/config.ts";
import { readReference } from "./expected.ts";
import type { Findings } from "./findings.ts";
import { type Flags, help, readFlags } from "./flags.ts";
import type { Making, Part } from "./part.ts";
import { parts } from "./parts.ts";
import { writeReport } from "./report/write.ts";
import { sizeOf } from "./size.ts";
import { Study } from "./study.ts";
import { partText, summaryText } from "./text.ts";

const barWidth = 24;

/** One line that is redrawn, on a terminal; a line for each tenth elsewhere. */
function progressOn(terminal: Terminal): (key: string, done: number, total: number) => void {
  const paint = paintFor(terminal.colour);
  let said = "";
  return (key, done, total) => {
    if (terminal.interactive) {
      const line = `${key.padEnd(12)} ${bar(done / total, barWidth, paint)} ${done}/${total}`;
      terminal.err(`\r\x1b[K${line}${done === total ? "\r\x1b[K" : ""}`);
      return;
    }
    const tenth = `${key} ${Math.floor((10 * done) / total)}`;
    if (tenth !== said) terminal.err(`${key}: ${done} of ${total} runs\n`);
    said = tenth;
  };
}

async function findingsOf(part: Part, making: Making): Promise<Findings> {
  const { id, section, title, about } = part;
  const found = await part.find(making);
  return { id, section, title, about, ...found, ...making.study.takeSpent() };
}

async function study(context: Context, flags: Flags): Promise<void> {
  const { terminal, interrupt } = context;
  const paint = paintFor(terminal.colour);
  const fromMs = performance.now();
  const { url, data } = flags;
  await using connection = await connectOrEmbed(context, {
    ...(url === undefined ? {} : { url }),
    ...(data === undefined ? {} : { data }),
    trainersMax: flags.trainers ?? availableParallelism(),
    threadsPerTrainer: 1,
  });
  const size = sizeOf(flags.size);
  const onProgress = progressOn(terminal);
  const making: Making = {
    size,
    reference: await readReference(size),
    study: new Study({ api: connection.api, interrupt, onProgress }),
  };
  const all: Findings[] = [];
  for (const part of parts.filter(({ id }) => flags.only.includes(id))) {
    const findings = await findingsOf(part, making);
    all.push(findings);
    terminal.out(partText(findings, paint));
  }
  const seconds = (performance.now() - fromMs) / 1000;
  const written = await writeReport(flags.out, { size: flags.size, findings: all, seconds });
  terminal.out(summaryText(all));
  terminal.out(`It took ${seconds.toFixed(0)} s. Report: ${written.html}\n`);
}

async function main(): Promise<number> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort()).once("SIGTERM", () => interrupt.abort());
  const environment = processEnvironment();
  const settings = readClientSettings(environment);
  const terminal = processTerminal(settings.colour);
  try {
    const flags = readFlags(process.argv.slice(2));
    if (flags === undefined) terminal.out(help);
    else await study({ terminal, settings, environment, interrupt: interrupt.signal }, flags);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.err(explain(error, paintFor(terminal.colour)));
    return exitCodes[error.ending];
  }
}

process.exitCode = await main();
