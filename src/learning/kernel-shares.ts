/**
 * A one-off kernel of one set by several children: some of its rows as an errand, and all of it
 * joined from rows that were stored, with its figures. Who computes which is decided elsewhere.
 */
import assert from "node:assert/strict";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { kernelFileBytesMax } from "#schemas/kernel.ts";
import type { KernelWork } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { KernelDone, KernelShare, ShareOf } from "#src/kernel-shares.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import {
  examplesOf,
  type JoinPorts,
  type KernelPorts,
  parametersOf,
  squareFigures,
} from "./kernel-errand.ts";
import { createKernel } from "./ntk/kernel.ts";
import { ShareJoin } from "./ntk/shares.ts";

/** Computes and stores one share of the rows. Failures as of `computeKernel`. */
export async function computeShare(
  ports: KernelPorts,
  work: KernelWork & { readonly share: ShareOf },
): Promise<KernelShare> {
  const { network, backend, artifacts } = ports;
  const { variant, method, precision, share } = work;
  const { parameters, step } = await parametersOf(ports, work.weights);
  const { x } = await examplesOf(ports, work.first);
  const options = { network, backend, precision, variant, method, x };
  await using computer = await createKernel(options);
  const { from, count, tensor, layerTraces } = await computer.rows(parameters, share);
  const said = {
    from,
    count,
    traces: Object.fromEntries(layerTraces),
    contractions: Object.fromEntries(computer.contractions),
    step,
  };
  if (count === 0) return { ...said, digest: null };
  const file = writeSafetensors(new Map([["kernel", tensor]]));
  const { digest } = await artifacts.put(file, { bytesMax: kernelFileBytesMax });
  return { ...said, digest };
}

/** The whole from all shares of it, one in memory at a time. Failures are those of reading. */
export async function joinShares(
  ports: JoinPorts,
  work: KernelWork & { readonly shares: readonly KernelShare[] },
): Promise<KernelDone> {
  const startedMs = performance.now();
  const { artifacts, network } = ports;
  const { shares, variant, precision } = work;
  const outputs = sizeOf(network.outputShape);
  const { x, y } = await examplesOf(ports, work.first);
  const join = new ShareJoin({ variant, examples: x.shape[0] ?? 0, outputs }, precision);
  for (const { from, count, digest, traces } of shares) {
    if (digest === null) continue;
    const layerTraces = new Map(Object.entries(traces));
    join.add({ from, count, tensor: await rowsOf(artifacts, digest), layerTraces });
  }
  assert(join.isWhole, "every row is in a share");
  const { tensor, layerTraces } = join;
  const kernel = { variant, outputs, tensor, layerTraces };
  const figures = await squareFigures(kernel, y, work.eigenvalues);
  const { step = null, contractions = {} } = shares[0] ?? {};
  const metadata = { kernel: variant, ...(step === null ? {} : { step: String(step) }) };
  const file = writeSafetensors(new Map([["kernel", tensor]]), metadata);
  const { digest } = await artifacts.put(file, { bytesMax: kernelFileBytesMax });
  const seconds = (performance.now() - startedMs) / 1000;
  return { figures: { ...figures, contractions, seconds }, step, shape: tensor.shape, digest };
}

async function rowsOf(artifacts: Artifacts, digest: string): Promise<Tensor> {
  const file = readSafetensors(await artifacts.get(digest), { bytesMax: kernelFileBytesMax });
  const rows = file.tensors.get("kernel");
  if (rows === undefined) throw new Failure("storage_corrupt", "The file holds no kernel.");
  return rows;
}
