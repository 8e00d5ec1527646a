/** The service's log: one JSON object a line on standard output. Never payloads or keys. */
import pino, { type Logger } from "pino";

export type Log = Logger;

/** A log that writes lines of `level` and above. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
