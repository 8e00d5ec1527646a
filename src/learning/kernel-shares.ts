/**
 * A one-off kernel by several children: a part of it as an errand, and all of it joined from parts
 * that were stored, with its figures. Who computes which is decided elsewhere.
 */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { kernelFileBytesMax } from "#schemas/kernel.ts";
import type { KernelWork } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { KernelDone, KernelShare, ShareForm, ShareOf } from "#src/kernel-shares.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { metadataOf, optionsOf, storeWhole } from "./kernel-errand.ts";
import { betweenFigures, regressionOf, squareFigures } from "./kernel-figures.ts";
import {
  examplesOf,
  type Given,
  type JoinPorts,
  type KernelPorts,
  parametersOf,
} from "./kernel-given.ts";
import { joinStrips, type StoredKernel, storeStripsPart } from "./kernel-in-strips.ts";
import { CrossJoin, createCrossKernel } from "./ntk/cross.ts";
import type { KernelOptions } from "./ntk/factor-computer.ts";
import { createKernel } from "./ntk/kernel.ts";
import { ShareJoin } from "./ntk/shares.ts";

type Part = Pick<KernelShare, "from" | "count" | "digest"> & {
  readonly layerTraces: ReadonlyMap<string, number>;
  readonly contractions: ReadonlyMap<string, string>;
};

/** Computes and stores one share. Failures as of `computeKernel`. */
export async function computeShare(
  ports: KernelPorts,
  work: KernelWork & { readonly share: ShareOf },
): Promise<KernelShare> {
  const { share } = work;
  const { parameters, step } = await parametersOf(ports, work.weights);
  const options = optionsOf(ports, work, await examplesOf(ports, work.first));
  const { from, count, digest, layerTraces, contractions } = await partOf();
  return {
    ...{ form: share.form, from, count, digest, step },
    traces: Object.fromEntries(layerTraces),
    contractions: Object.fromEntries(contractions),
  };

  async function partOf(): Promise<Part> {
    const { artifacts } = ports;
    switch (share.form) {
      case "upper":
        return await upperPart(artifacts, options, { parameters, share });
      case "strips": {
        const how = { artifacts, kernel: options, parameters, bytesMax: kernelFileBytesMax };
        return await storeStripsPart(how, share);
      }
      case "rows":
      case "columns": {
        assert(work.second !== null, "rows and columns are of two sets");
        const { x: second } = await examplesOf(ports, work.second);
        const asked = { second, parameters, share: { ...share, axis: share.form } };
        return await crossPart(artifacts, options, asked);
      }
      default:
        return share.form satisfies never;
    }
  }
}

async function upperPart(
  artifacts: Artifacts,
  options: KernelOptions,
  { parameters, share }: { readonly parameters: Tensors; readonly share: ShareOf },
): Promise<Part> {
  await using computer = await createKernel(options);
  const { from, count, tensor, layerTraces } = await computer.rows(parameters, share);
  const { contractions } = computer;
  return { from, count, digest: await storePart(artifacts, tensor), layerTraces, contractions };
}

async function crossPart(
  artifacts: Artifacts,
  options: KernelOptions,
  asked: {
    readonly second: Tensor;
    readonly parameters: Tensors;
    readonly share: ShareOf & { readonly axis: "rows" | "columns" };
  },
): Promise<Part> {
  await using computer = await createCrossKernel({ ...options, second: asked.second });
  const { from, count, tensor } = await computer.share(asked.parameters, asked.share);
  const { contractions } = computer;
  const digest = await storePart(artifacts, tensor);
  return { from, count, digest, layerTraces: new Map(), contractions };
}

async function storePart(artifacts: Artifacts, part: Tensor): Promise<string | null> {
  if (part.data.length === 0) return null;
  const file = writeSafetensors(new Map([["kernel", part]]));
  return (await artifacts.put(file, { bytesMax: kernelFileBytesMax })).digest;
}

/** A kernel that is to be joined: what it is of, and its parts. */
interface Joining {
  readonly work: KernelWork;
  readonly shares: readonly KernelShare[];
  readonly first: Given;
  readonly step: number | null;
}

/**
 * The whole from all shares of it, one in memory at a time. A regression takes an engine, and no
 * other kernel does. Failures are those of reading, and of the regression's own kernel.
 */
export async function joinShares(
  ports: JoinPorts & Partial<Pick<KernelPorts, "backend">>,
  work: KernelWork & { readonly shares: readonly KernelShare[] },
): Promise<KernelDone> {
  const startedMs = performance.now();
  const { shares } = work;
  const [{ form, step, contractions } = assert.fail("a kernel has shares")] = shares;
  const joining = { work, shares, step, first: await examplesOf(ports, work.first) };
  const { figures, digest, shape } = await (form === "rows" || form === "columns"
    ? joinCross(ports, joining, form)
    : joinSquare(ports, joining, form));
  const seconds = (performance.now() - startedMs) / 1000;
  return { figures: { ...figures, contractions, seconds }, step, shape, digest };
}

type Joined = Omit<StoredKernel, "contractions">;

async function joinSquare(
  { artifacts, network }: JoinPorts,
  { work, shares, first, step }: Joining,
  form: Extract<ShareForm, "upper" | "strips">,
): Promise<Joined> {
  const { variant, precision: dtype, eigenvalues } = work;
  const { x, y } = first;
  const size = { examples: x.shape[0] ?? 0, outputs: sizeOf(network.outputShape) };
  const metadata = metadataOf(work, step);
  const parts = shares.map(({ traces, ...part }) => {
    return { ...part, layerTraces: new Map(Object.entries(traces)) };
  });
  if (form === "strips") {
    const wanted = { artifacts, y, eigenvalues, metadata, bytesMax: kernelFileBytesMax };
    return await joinStrips(wanted, { ...size, dtype }, parts);
  }
  const join = new ShareJoin({ variant, ...size }, dtype);
  for (const { digest, ...part } of parts) {
    if (digest !== null) join.add({ ...part, tensor: await partIn(artifacts, digest) });
  }
  assert(join.isWhole, "every row is in a share");
  const { tensor, layerTraces } = join;
  const kernel = { variant, outputs: size.outputs, tensor, layerTraces };
  const figures = await squareFigures(kernel, y, eigenvalues);
  return { ...(await storeWhole(artifacts, tensor, metadata)), figures };
}

async function joinCross(
  ports: JoinPorts & Partial<Pick<KernelPorts, "backend">>,
  { work, shares, first, step }: Joining,
  axis: Extract<ShareForm, "rows" | "columns">,
): Promise<Joined> {
  const { network, artifacts, backend } = ports;
  assert(work.second !== null, "rows and columns are of two sets");
  const second = await examplesOf(ports, work.second);
  const outputs = sizeOf(network.outputShape);
  const [rows = 0, columns = 0] = [first.x.shape[0], second.x.shape[0]];
  const join = new CrossJoin({ variant: work.variant, rows, columns, outputs }, work.precision);
  for (const { from, count, digest } of shares) {
    if (digest === null) continue;
    join.add({ axis, from, count, tensor: await partIn(artifacts, digest) });
  }
  assert(join.isWhole, "every number is in a share");
  const { tensor } = join;
  const figures = { ...betweenFigures(tensor, outputs), ...(await fitted()) };
  return { ...(await storeWhole(artifacts, tensor, metadataOf(work, step))), figures };

  async function fitted() {
    if (work.regression === null) return {};
    assert(backend !== undefined, "a regression computes a kernel of its own");
    const { parameters } = await parametersOf(ports, work.weights);
    const sets = { parameters, first, second, known: { cross: tensor } };
    return await regressionOf({ network, backend }, work, sets);
  }
}

async function partIn(artifacts: Artifacts, digest: string): Promise<Tensor> {
  const file = readSafetensors(await artifacts.get(digest), { bytesMax: kernelFileBytesMax });
  const part = file.tensors.get("kernel");
  if (part === undefined) throw new Failure("storage_corrupt", "The file holds no kernel.");
  return part;
}
