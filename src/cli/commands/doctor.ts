/** `linnet doctor`: what is wrong with this machine, and what mends it. */
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { paintFor } from "#cli/show/paint.ts";
import { readConfig } from "#src/config.ts";
import { examine } from "#src/doctor.ts";

const marks = { ok: "ok", note: "note", fault: "FAULT" } as const;

/** Ends with 1 when anything is at fault. */
export async function doctor(context: Context, options: Everywhere): Promise<Ending> {
  const { terminal } = context;
  const { findings, devices } = await examine(readConfig(context.environment));
  const faults = findings.filter(({ level }) => level === "fault").length;
  if (options.json === true) {
    terminal.out(`${JSON.stringify({ ok: faults === 0, findings, devices })}\n`);
    return faults === 0 ? "ok" : "failed";
  }
  const paint = paintFor(terminal.colour);
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { what, level, detail, remedy } of findings) {
    const mark = marks[level].padEnd(5);
    const shown = level === "fault" ? paint("red", mark) : mark;
    terminal.out(`${shown}  ${what.padEnd(width)}  ${detail}\n`);
    if (remedy !== null) terminal.out(`${" ".repeat(width + 9)}→ ${remedy}\n`);
  }
  const verdict = faults === 0 ? "Nothing is at fault." : `${faults} at fault.`;
  terminal.out(`\n${verdict}\n`);
  return faults === 0 ? "ok" : "failed";
}
