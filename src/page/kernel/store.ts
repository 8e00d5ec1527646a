/** Kernels that were fetched, by run and snapshot: the last ones are kept for playback. */
import { api } from "../calls/api.ts";
import { type Kernel, kernelOf } from "./matrix.ts";
import { readSafetensors } from "./safetensors.ts";

const keptMax = 160;
const kept = new Map<string, Promise<Kernel>>();
const ready = new Map<string, Kernel>();

/** The kernel of a snapshot. */
export function kernelFor(run: string, snapshot: string): Promise<Kernel> {
  const known = kept.get(snapshot);
  if (known !== undefined) return known;
  const loading = api.kernel(run, snapshot).then((file) => {
    const kernel = kernelOf(readSafetensors(file));
    ready.set(snapshot, kernel);
    return kernel;
  });
  kept.set(snapshot, loading);
  loading.catch(() => kept.delete(snapshot));
  for (const old of kept.keys()) {
    if (kept.size <= keptMax) break;
    kept.delete(old);
    ready.delete(old);
  }
  return loading;
}

/** The kernel if it is here already. */
export const kernelNow = (snapshot: string): Kernel | undefined => ready.get(snapshot);
