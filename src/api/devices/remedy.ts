/** From why a device cannot be used to what mends it: commands where there are any. Pure. */
import type { DeviceTrial } from "#schemas/device.ts";
import type { Library } from "./machine.ts";

/** Drivers older than this know no CUDA 12. Source: CUDA 12 release notes, table 3. */
const driverMin = 525;

/** What is known beside the trial itself. */
export interface Evidence {
  readonly gpus: readonly { readonly driver: string | null }[];
  /** On the bus, with or without a driver. */
  readonly cards: number;
  readonly cudaProvider: Library;
}

export interface Diagnosis {
  readonly reason: string;
  readonly remedy: string | null;
}

type Tried = Pick<DeviceTrial, "device"> & { readonly package: string };

const mend = {
  provider:
    "ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js " +
    "(reaches api.nuget.org), or carry its libonnxruntime_providers_*.so beside the package",
  libraries: "install CUDA 12 and cuDNN 9 and have LD_LIBRARY_PATH name their folders",
  cudnn:
    "install cuDNN 9 for CUDA 12 (apt-get install cudnn9-cuda-12, or pip install " +
    "nvidia-cudnn-cu12 with its lib folder in LD_LIBRARY_PATH)",
  driver: `install NVIDIA's driver, ${driverMin} or newer; in a container, run it with --gpus all`,
  module:
    "modprobe nvidia, and dmesg says why it fails; after an update of the kernel install the " +
    "driver again; in a container, run it with --gpus all",
  vulkan:
    "install the GPU's Vulkan driver and libvulkan1; in a container set " +
    "NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics",
  loader: "apt-get install libvulkan1, and the GPU's Vulkan driver",
} as const;

/** Why CUDA cannot work on this machine, whatever the engine; undefined when nothing is known. */
function cudaFault({ gpus, cards }: Evidence): Diagnosis | undefined {
  if (gpus.length === 0 && cards > 0) {
    const what = cards === 1 ? "an NVIDIA card is" : `${cards} NVIDIA cards are`;
    return { reason: `${what} in the machine, and no driver answers`, remedy: mend.module };
  }
  if (gpus.length === 0) return { reason: "no NVIDIA GPU or driver is seen", remedy: mend.driver };
  const [driver] = gpus.flatMap((gpu) => gpu.driver ?? []);
  const major = Number.parseInt(driver ?? "", 10);
  if (!(major < driverMin)) return undefined;
  const reason = `the NVIDIA driver is ${driver}, and CUDA 12 needs ${driverMin} or newer`;
  return { reason, remedy: mend.driver };
}

/**
 * What mends a failure that CUDA's runtime names by number. Source: the values of cudaError_t in
 * the CUDA Runtime API, data types.
 */
const mendCuda: Readonly<Record<string, string>> = {
  "2": "another program has the GPU's memory: nvidia-smi says which",
  "35": mend.driver,
  "46": "another program has the GPU for itself: nvidia-smi says which, and its compute mode",
  "100":
    "see that CUDA_VISIBLE_DEVICES names a GPU that is there; in a container, run it with " +
    "--gpus all",
  "101": "see that CUDA_VISIBLE_DEVICES names a GPU that is there",
  "802": "the GPUs wait for their fabric: systemctl status nvidia-fabricmanager",
  "803":
    "the driver was exchanged while it was loaded: restart the machine; in a container, leave " +
    "out CUDA's compat libraries",
  "999": "load the driver's modules again: nvidia-modprobe -u -c 0, or restart the machine",
};

/** What CUDA said, out of what ONNX Runtime puts around it: where in its source, and for what. */
function ofCudaFailure(said: string): Diagnosis {
  const [, number = "", words = ""] = /CUDA failure (\d+): ([^;\n]+)/.exec(said) ?? [];
  if (number === "") return { reason: said, remedy: null };
  const reason = `CUDA failure ${number}: ${words.trim()}`;
  return { reason, remedy: mendCuda[number] ?? null };
}

function ofOnnxruntimeCuda(said: string, evidence: Evidence): Diagnosis {
  const fault = cudaFault(evidence);
  if (fault !== undefined) return fault;
  const { isThere, missing } = evidence.cudaProvider;
  if (!isThere) {
    const reason = "libonnxruntime_providers_cuda.so is not installed";
    return { reason, remedy: mend.provider };
  }
  if (missing.length > 0) {
    const isCudnn = missing.every((name) => name.startsWith("libcudnn"));
    const remedy = isCudnn ? mend.cudnn : mend.libraries;
    return { reason: `it lacks ${missing.join(", ")}`, remedy };
  }
  return ofCudaFailure(said);
}

function ofTfjs(tried: Tried, said: string, evidence: Evidence): Diagnosis {
  const isGpu = tried.device === "cuda";
  const remedy = `npm run tfjs:install -- ${isGpu ? "gpu" : "cpu"}`;
  if (/cannot find module/i.test(said)) {
    const reason = `${tried.package} is not installed`;
    return { reason, remedy };
  }
  const shared = /(lib[\w+.-]+\.so[\w.]*): cannot open shared object/.exec(said)?.[1];
  if (shared !== undefined) return { reason: `it lacks ${shared}`, remedy };
  if (isGpu) return cudaFault(evidence) ?? { reason: said, remedy: mend.libraries };
  return { reason: said, remedy: null };
}

/** What stands in the way, in words for an operator, and what mends it. */
export function diagnose(tried: Tried, said: string, evidence: Evidence): Diagnosis {
  if (tried.package !== "onnxruntime-node") return ofTfjs(tried, said, evidence);
  if (tried.device === "cuda") return ofOnnxruntimeCuda(said, evidence);
  if (tried.device === "webgpu" && /load Vulkan|libvulkan/i.test(said)) {
    return { reason: "there is no Vulkan loader", remedy: mend.loader };
  }
  if (tried.device === "webgpu" && /adapter/i.test(said)) {
    return { reason: "no Vulkan adapter is found", remedy: mend.vulkan };
  }
  return { reason: said, remedy: null };
}
