/**
 * How many vectors a Krylov space may have: as many as fit, and, where the kernel's spectrum takes
 * over from a space that does not do, few enough that having tried costs a share of the spectrum.
 * From sizes alone, since the number of vectors decides the last bits of a run.
 */
import { input } from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf } from "#engine/tensor.ts";
import { fallsBack, type Route } from "./descent/surface.ts";
import { outputsOf, parameterInputs } from "./examples.ts";

/** Vectors of a Krylov space at most: its own eigenproblem takes their cube. */
const krylovMax = 512;
/** Bytes that its vectors may take. */
const krylovBytesMax = 2 ** 30;
/** Vectors that any space may have. */
const vectorsLeast = 8;
/** Share of the time of a spectrum that a space may take which does not do in the end. */
const triedShare = 0.4;
/** Seconds of a call that computes a product. */
const callSeconds = 1e-3;
/** Seconds of factorising a kernel of so many rows, by their cube. */
const factorSeconds = 1.5e-10;
/** A product is a forward pass, a vjp and a jvp, of kept primals: about four forward passes. */
const forwardsPerProduct = 4;

/** What a core of the last years does; bits may not depend on the machine. */
const usual = { flops: 6e10, memoryBytes: 8e9, hostSeconds: 1e-9, eigen: 3e-9 } as const;

export interface KrylovSizes {
  /** N · O. */
  readonly rows: number;
  /** Contraction FLOPs of a forward pass of all examples. */
  readonly forwardFlops: number;
}

/** Contraction FLOPs of a forward pass of one example. */
export function forwardFlops(network: Network): number {
  const x = input("x", [1, ...network.input.shape], network.input.kind);
  const weights = parameterInputs(network, "weights");
  return countFlops([outputsOf(network, weights, { x, mode: "inference" })]).contraction;
}

export function sizesOf(network: Network, examples: number): KrylovSizes {
  return {
    rows: examples * sizeOf(network.outputShape),
    forwardFlops: examples * forwardFlops(network),
  };
}

/**
 * Iterations of conjugate gradients, those of their preconditioner taken off, that take as long as
 * a kernel and its factorisation.
 */
export function iterationsWorth(
  rows: number,
  flops: { readonly kernel: number; readonly product: number },
  rank: number,
): number {
  const dense = flops.kernel / usual.flops + factorSeconds * rows ** 3;
  return Math.max(0, Math.floor(dense / (flops.product / usual.flops + callSeconds)) - rank);
}

/** Vectors of the spaces of a route; 0 for the spectrum, which has none. */
export function krylovVectorsMax(
  route: Route,
  { rows, forwardFlops: forward }: KrylovSizes,
): number {
  if (route === "spectrum") return 0;
  const fitting = Math.floor(krylovBytesMax / (8 * Math.max(1, rows)));
  const most = Math.max(vectorsLeast, Math.min(krylovMax, fitting));
  if (!fallsBack(route)) return most;
  const product =
    route === "kernel_first"
      ? (8 * rows ** 2) / usual.memoryBytes
      : (forwardsPerProduct * forward) / usual.flops;
  const seconds = (count: number): number =>
    count * product + 2 * count ** 2 * rows * usual.hostSeconds + 2 * usual.eigen * count ** 3;
  const limit = triedShare * usual.eigen * rows ** 3;
  let count = vectorsLeast;
  while (count < most && seconds(count + 1) <= limit) count += 1;
  return count;
}
