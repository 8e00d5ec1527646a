/**
 * Which one-off kernels several children compute together, one for each GPU, and how their parts
 * come together. Stores nothing.
 */
import { bytesOf, sizeOf } from "#engine/tensor.ts";
import type { Errands } from "#runs/errands.ts";
import { kernelMemoryBytesMax } from "#schemas/kernel.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { Errand, KernelWork } from "#src/channel.ts";
import type { KernelDone } from "#src/kernel-shares.ts";

/** Where kernels are computed: a child, or one for each GPU. */
export type KernelChild = Pick<Errands, "perform" | "close">;

/** Numbers of a kernel from which several GPUs share it: below, starting them costs more. */
export const sharedNumbersMin = 2 ** 22;

/**
 * A kernel of two sets and a regression are one child's, since the latter needs the whole; so is
 * what is computed straight into its file.
 */
export function isShared(ntk: Ntk, numbersMin: number = sharedNumbersMin): boolean {
  const numbers = sizeOf(ntk.shape);
  const isInMemory = numbers * bytesOf[ntk.dtype] <= kernelMemoryBytesMax;
  return ntk.second === null && !ntk.regression && isInMemory && numbers >= numbersMin;
}

/** The kernel, its rows shared among all children. Failures of any part are the whole's. */
export async function performShared(
  work: KernelWork,
  children: readonly KernelChild[],
): Promise<KernelDone> {
  const parts = await Promise.allSettled(
    children.map(async (child, gpu) => {
      const share = { index: gpu, of: children.length, gpu };
      const errand: Extract<Errand, { kind: "kernel_share" }> = {
        ...work,
        kind: "kernel_share",
        share,
      };
      return await child.perform(errand);
    }),
  );
  const shares = parts.map((part) => {
    if (part.status === "rejected") throw part.reason;
    return part.value;
  });
  const [first] = children;
  if (first === undefined) throw new RangeError("a kernel needs a child");
  const errand: Extract<Errand, { kind: "kernel_join" }> = { ...work, kind: "kernel_join", shares };
  return await first.perform(errand);
}
