/**
 * Which one-off kernels several children compute together, one for each GPU, and how their parts
 * come together. Stores nothing.
 */
import { bytesOf, sizeOf } from "#engine/tensor.ts";
import type { Errands } from "#runs/errands.ts";
import { kernelMemoryBytesMax } from "#schemas/kernel.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { Errand, KernelWork } from "#src/channel.ts";
import type { KernelDone, ShareForm } from "#src/kernel-shares.ts";

/** Where kernels are computed: a child, or one for each GPU. */
export type KernelChild = Pick<Errands, "perform" | "close">;

/** Numbers of a kernel from which several GPUs share it: below, starting them costs more. */
export const sharedNumbersMin = 2 ** 22;

/**
 * How a kernel is divided among several children; null where one computes it alone. One between two
 * sets is divided along the larger. A regression without a second set has too few rows to share.
 */
export function sharedAs(ntk: Ntk, numbersMin: number = sharedNumbersMin): ShareForm | null {
  const { shape, dtype, first, second, regression } = ntk;
  const numbers = sizeOf(shape);
  if (numbers < numbersMin) return null;
  if (second !== null) return second.examples > first.examples ? "columns" : "rows";
  if (regression) return null;
  return numbers * bytesOf[dtype] > kernelMemoryBytesMax ? "strips" : "upper";
}

/** The kernel, divided among all children. Failures of any part are the whole's. */
export async function performShared(
  work: KernelWork,
  children: readonly KernelChild[],
  form: ShareForm,
): Promise<KernelDone> {
  const parts = await Promise.allSettled(
    children.map(async (child, gpu) => {
      const share = { form, index: gpu, of: children.length, gpu };
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
