/** One-off kernels as errands: whole, a part on one of several GPUs, and those parts joined. */
import { computeKernel } from "#learning/kernel-errand.ts";
import type { JoinPorts } from "#learning/kernel-given.ts";
import { computeShare, joinShares } from "#learning/kernel-shares.ts";
import type { Errand, ErrandResult } from "#src/channel.ts";
import { backendFor, type Given } from "./backends.ts";

export type KernelErrand = Extract<Errand, { kind: "kernel" | "kernel_share" | "kernel_join" }>;

const any = { engine: "auto", device: "auto", dtype: "float32" } as const;

/** Failures are those of kernels, and `engine_unavailable`. */
export async function doKernel(
  errand: KernelErrand,
  ports: JoinPorts,
  given: Pick<Given, "flavour">,
): Promise<ErrandResult> {
  if (errand.kind === "kernel_join" && errand.regression === null) {
    return { kind: "kernel_join", ...(await joinShares(ports, errand)) };
  }
  const gpu = errand.kind === "kernel_share" ? errand.share.gpu : 0;
  await using backend = await backendFor(any, { ...given, threads: errand.threads, gpu });
  if (errand.kind === "kernel_join") {
    return { kind: "kernel_join", ...(await joinShares({ ...ports, backend }, errand)) };
  }
  if (errand.kind === "kernel") {
    return { kind: "kernel", ...(await computeKernel({ ...ports, backend }, errand)) };
  }
  return { kind: "kernel_share", ...(await computeShare({ ...ports, backend }, errand)) };
}
