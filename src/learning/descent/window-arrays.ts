/** How far a window got, as named arrays for a checkpoint. */
import type { Tensors } from "#engine/backend.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Modes } from "#learning/solve/modes.ts";
import type { Standing } from "./window.ts";

/** A window at rest, its beginning left out. */
export interface WindowProgress {
  readonly standing: Standing;
  /** The rate that its basis was made for. */
  readonly rate: number;
  /** Steps of the phase before it. */
  readonly before: number;
}

const modeNames = ["r", "m", "c", "u"] as const;

export function writeWindow({ standing, rate, before }: WindowProgress): Tensors {
  const arrays: Record<string, Tensor> = {};
  const put = (prefix: string, modes: Modes): void => {
    for (const name of modeNames) {
      arrays[`${prefix}/${name}`] = tensor("float64", [modes[name].length], modes[name]);
    }
  };
  put("modes", standing.modes);
  put("scalars", standing.scalars);
  const clock = [standing.elapsed, standing.rate, standing.since, rate, before];
  return { ...arrays, clock: tensor("float64", [clock.length], clock) };
}

export function readWindow(arrays: Tensors): WindowProgress {
  const read = (name: string) => Float64Array.from(arrays[name]?.data ?? []);
  const modes = (prefix: string): Modes => ({
    r: read(`${prefix}/r`),
    m: read(`${prefix}/m`),
    c: read(`${prefix}/c`),
    u: read(`${prefix}/u`),
  });
  const [elapsed = 0, own = Number.NaN, since = 0, rate = Number.NaN, before = 0] = read("clock");
  const standing = { modes: modes("modes"), scalars: modes("scalars"), elapsed, rate: own, since };
  return { standing, rate, before };
}
