/**
 * The native library: devices, sessions, and the engine's tensors as its tensors (sharing memory).
 * The only file that imports it. Knows no graph of the engine.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { env, InferenceSession, Tensor as NativeTensor } from "onnxruntime-node";
import type { Graph, Initializer, ValueInfo } from "#engine/onnx/model.ts";
import { encodeModel } from "#engine/onnx/model.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { Device, ExternalData } from "./emitter.ts";

export interface SessionSettings {
  readonly device: Device;
  /** Threads inside one operator; the number of cores unless given. */
  readonly threads?: number;
  /**
   * Whether idle threads wait actively (yes unless given): small operators start sooner, but
   * programs that share cores with others lose time.
   */
  readonly spinning?: boolean;
  /** Which of several GPUs, from 0. */
  readonly index?: number | undefined;
  /** Where each session leaves the times of its operators when it is released: a file's prefix. */
  readonly profile?: string;
}

/** What the library calls its providers. */
export const providerNames: Readonly<Record<Device, string>> = {
  cpu: "CPUExecutionProvider",
  cuda: "CUDAExecutionProvider",
  webgpu: "WebGpuExecutionProvider",
};

/** Of the package. */
export const version = env.versions.node ?? "of unknown version";

/** A model on its way to a session. */
export interface Written {
  readonly graph: Graph;
  readonly external: readonly ExternalData[];
  /** Whether results are wanted in buffers of the device (WebGPU), by `Session.runThere`. */
  readonly stays?: boolean;
}

/** Default operator set: the newest for which every provider has all kernels that we use. */
const operatorSet = 21;

/** The device cannot be used on this machine. `code` is the contract's problem code. */
export class EngineUnavailable extends Error {
  readonly code = "engine_unavailable";
}

export type NativeTensors = Record<string, NativeTensor>;

/** The native tensor over the same memory. */
export function toNative(value: Tensor): NativeTensor {
  return new NativeTensor(value.dtype, value.data, value.shape);
}

/** Gives back the buffer of a value on the device; nothing for one on the host. */
export function released(value: NativeTensor | undefined): void {
  if (value?.location === "gpu-buffer") value.dispose();
}

/** The native tensor of one int64 scalar. */
export function int64Scalar(value: number): NativeTensor {
  return new NativeTensor("int64", BigInt64Array.of(BigInt(value)), []);
}

/**
 * The binding writes a result where it was told to, and hands back a copy of it besides. Given
 * back at once, the copy's pages serve the next call; left to the garbage collector, each call
 * takes fresh ones, which takes three times as long as copying.
 */
function giveBack(copy: unknown, { data: written }: NativeTensor): void {
  if (!(copy instanceof NativeTensor) || copy.location !== "cpu") return;
  const { data } = copy;
  if (!ArrayBuffer.isView(data) || !ArrayBuffer.isView(written)) return;
  if (data.buffer !== written.buffer && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0);
}

/** An open session together with the arrays that every call reads. */
export class Session {
  readonly #native: InferenceSession;
  readonly #resident: NativeTensors;
  readonly #isProfiled: boolean;

  constructor(native: InferenceSession, resident: NativeTensors, isProfiled: boolean) {
    this.#native = native;
    this.#resident = resident;
    this.#isProfiled = isProfiled;
  }

  /** Writes the results into the memory of `fetches`. */
  async run(feeds: NativeTensors, fetches: NativeTensors): Promise<void> {
    const copies = await this.#native.run({ ...this.#resident, ...feeds }, fetches);
    for (const [name, written] of Object.entries(fetches)) giveBack(copies[name], written);
  }

  /** Results in buffers of the device; each must be `released` once. */
  async runThere(feeds: NativeTensors): Promise<NativeTensors> {
    const results: NativeTensors = {};
    for (const [name, value] of Object.entries(await this.#native.run(feeds))) {
      if (value instanceof NativeTensor) results[name] = value;
    }
    return results;
  }

  async release(): Promise<void> {
    if (this.#isProfiled) this.#native.endProfiling();
    await this.#native.release();
  }
}

/**
 * Opens a session for a model. Operators use many threads but run one after the other, so equal
 * inputs give equal bits.
 */
export async function openSession(written: Written, settings: SessionSettings): Promise<Session> {
  const { device, threads, spinning = true, profile } = settings;
  const { graph, external, resident } = placed(written, device);
  const native = await InferenceSession.create(encodeModel({ graph, operatorSet }).toBytes(), {
    executionProviders: providersFor(settings),
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    externalData: external.map(({ name, elements }) => {
      const { buffer, byteOffset, byteLength } = elements;
      return { path: name, data: new Uint8Array(buffer, byteOffset, byteLength) };
    }),
    extra: {
      session: {
        ...ofDevice[device],
        intra_op: { allow_spinning: spinning ? "1" : "0" },
        // Threads that wait actively after a call take the core from the session that goes next.
        force_spinning_stop: "1",
      },
    },
    ...(profile === undefined ? {} : profiling(profile)),
    logSeverityLevel: 3,
    ...(written.stays === true ? { preferredOutputLocation: "gpu-buffer" } : {}),
  });
  return new Session(native, resident, profile !== undefined);
}

/** Sessions of this process that were profiled. */
let profiles = 0;

/**
 * The library tells the profiles of a prefix apart by the millisecond alone, and has two sessions
 * that are opened within one write into each other's file.
 */
function profiling(prefix: string) {
  profiles += 1;
  return { enableProfiling: true, profileFilePrefix: `${prefix}-${profiles}` };
}

/**
 * The arena of CUDA grows by powers of two, and the binding has no option for it. Data sets and
 * other initializers are kept out of it, so that it does not take twice their memory.
 */
const ofDevice: Readonly<Record<Device, Readonly<Record<string, string>>>> = {
  cpu: {},
  cuda: { use_device_allocator_for_initializers: "1" },
  webgpu: {},
};

/** The processor takes what a GPU's provider leaves. */
function providersFor({ device, index = 0 }: SessionSettings) {
  if (device === "cpu") return ["cpu"];
  return [device === "cuda" ? { name: device, deviceId: index } : device, "cpu"];
}

interface Placed extends Written {
  /** Fed to every call. */
  readonly resident: NativeTensors;
}

/**
 * On the CPU an input is read where it lies, while an initializer is copied twice, at seconds a
 * gigabyte, and may not exceed 2 GiB. So external initializers become inputs of every call.
 */
function placed(written: Written, device: Device): Placed {
  if (device !== "cpu") return { ...written, resident: {} };
  const { graph, external } = written;
  const elements = new Map(external.map((data) => [data.name, data.elements]));
  const resident: NativeTensors = {};
  const initializers: Initializer[] = [];
  const inputs: ValueInfo[] = [...graph.inputs];
  for (const initializer of graph.initializers) {
    const { name, type, shape } = initializer;
    const data = elements.get(name);
    if (data === undefined) {
      initializers.push(initializer);
    } else {
      inputs.push({ name, type, shape });
      resident[name] = new NativeTensor(type, data, shape);
    }
  }
  return { graph: { ...graph, initializers, inputs }, external: [], resident };
}

/** Throws `EngineUnavailable` unless a small model runs on the device. */
export async function probe(settings: SessionSettings): Promise<void> {
  const { device } = settings;
  if (device === "cuda" && !hasCudaProvider()) {
    throw new EngineUnavailable("onnxruntime-node is installed without its CUDA provider");
  }
  const value = { name: "x", type: "float32", shape: [2] } as const;
  const node = { operator: "Add", inputs: ["x", "x"], outputs: ["y"], attributes: {} };
  const outputs = [{ ...value, name: "y" }];
  const graph = { name: "probe", nodes: [node], initializers: [], inputs: [value], outputs };
  try {
    const session = await openSession({ graph, external: [] }, settings);
    const x = new NativeTensor("float32", Float32Array.of(1, 2), [2]);
    const y = new NativeTensor("float32", new Float32Array(2), [2]);
    await session.run({ x }, { y });
    await session.release();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EngineUnavailable(`ONNX Runtime cannot use ${device} here: ${why}`, { cause });
  }
}

/** The library lists `cuda` whether or not the provider's file is there. */
function hasCudaProvider(): boolean {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const folder = join(root, "bin", "napi-v6", process.platform, process.arch);
  return existsSync(join(folder, "libonnxruntime_providers_cuda.so"));
}
