/**
 * Engines and devices by looking at files alone: this process loads no native tensor library, so
 * whether a device truly works is only known once a trainer has used it.
 */
import { access, readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { Devices } from "#schemas/device.ts";

type Gpu = Devices["gpus"][number];
type Engine = Devices["engines"][number];

const nvidiaProc = "/proc/driver/nvidia";
const gpusMax = 64;

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** GPUs as the NVIDIA driver lists them. */
async function nvidiaGpus(): Promise<Gpu[]> {
  const folders = await readdir(join(nvidiaProc, "gpus")).catch(() => []);
  const version = await readFile(join(nvidiaProc, "version"), "utf8").catch(() => "");
  const driver = /\s(\d+\.\d+(?:\.\d+)?)\s/.exec(version)?.[1] ?? null;
  const gpus: Gpu[] = [];
  for (const folder of folders.slice(0, gpusMax)) {
    const path = join(nvidiaProc, "gpus", folder, "information");
    const text = await readFile(path, "utf8").catch(() => "");
    gpus.push({ name: /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? "NVIDIA GPU", driver });
  }
  return gpus;
}

/** Folder and version of an installed package, which is not loaded. */
async function installed(name: string) {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = join(folder, name, "package.json");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const { version } = JSON.parse(text) as { readonly version?: unknown };
    return { folder: dirname(file), version: typeof version === "string" ? version : null };
  }
  return undefined;
}

async function onnxruntime(gpus: readonly Gpu[]): Promise<Engine | undefined> {
  const found = await installed("onnxruntime-node");
  if (found === undefined) return undefined;
  const libraries = join(found.folder, "bin", "napi-v6", process.platform, process.arch);
  const hasCuda = await exists(join(libraries, "libonnxruntime_providers_cuda.so"));
  return {
    engine: "onnxruntime",
    version: found.version,
    devices: hasCuda && gpus.length > 0 ? ["cpu", "cuda"] : ["cpu"],
    dtypes: ["float32", "float64"],
  };
}

async function tfjs(): Promise<Engine | undefined> {
  const found = await installed("@tensorflow/tfjs-core");
  if (found === undefined) return undefined;
  return { engine: "tfjs", version: found.version, devices: ["cpu"], dtypes: ["float32"] };
}

/** What this machine offers. */
export async function findDevices(): Promise<Devices> {
  const gpus = await nvidiaGpus();
  const reference: Engine = {
    engine: "reference",
    version: null,
    devices: ["cpu"],
    dtypes: ["float32", "float64"],
  };
  const engines = [await onnxruntime(gpus), await tfjs(), reference];
  return {
    host: {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: availableParallelism(),
      memory_bytes: totalmem(),
    },
    gpus,
    engines: engines.filter((engine) => engine !== undefined),
  };
}
