/** What ONNX Runtime's own profile says of a session's operators, those inside loops too. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

const rowsShown = 24;

const shapesOf = (list: Event["args"]["input_type_shape"] = []): string =>
  list.map((entry) => `[${Object.values(entry)[0] ?? ""}]`).join(" ");

/** Operators by shapes, the costliest first: total ms, calls, ms a call. */
export function operatorTimes(folder: string): readonly string[] {
  const found = new Map<string, { calls: number; micros: number }>();
  for (const file of readdirSync(folder)) {
    const events = JSON.parse(readFileSync(join(folder, file), "utf8")) as Event[];
    for (const { cat, name, dur, args } of events) {
      if (cat !== "Node" || !name.endsWith("kernel_time") || args.op_name === "Loop") continue;
      const shapes = `${shapesOf(args.input_type_shape)} → ${shapesOf(args.output_type_shape)}`;
      const key = `${args.op_name} ${shapes}`.slice(0, 100);
      const entry = found.get(key) ?? { calls: 0, micros: 0 };
      entry.calls += 1;
      entry.micros += dur;
      found.set(key, entry);
    }
  }
  return [...found]
    .sort(([, a], [, b]) => b.micros - a.micros)
    .slice(0, rowsShown)
    .map(([key, { calls, micros }]) => {
      const total = (micros / 1000).toFixed(1).padStart(9);
      const each = (micros / 1000 / calls).toFixed(3).padStart(8);
      return `${total} ms ${String(calls).padStart(6)} × ${each} ms  ${key}`;
    });
}
