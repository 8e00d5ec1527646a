/**
 * What a machine shows without loading anything: its GPUs as the driver lists them, which packages
 * are installed, and which shared libraries a file lacks. Tries no device.
 */
import { execFile } from "node:child_process";
import { access, readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Devices } from "#schemas/device.ts";

type Gpu = Devices["gpus"][number];

/** What the survey asks of a machine; tests answer as another would. */
export interface Machine {
  /** Empty without a driver. */
  gpus(): Promise<readonly Gpu[]>;
  /** NVIDIA's cards as the bus lists them, whether or not a driver does. */
  cards(): Promise<number>;
  /** Version and folder of a package that is installed; undefined when it is not. */
  installed(name: string): Promise<Installed | undefined>;
  /** CUDA's provider of ONNX Runtime: whether the file is there, and what it lacks. */
  cudaProvider(): Promise<Library>;
}

export interface Installed {
  readonly folder: string;
  readonly version: string | null;
}

export interface Library {
  readonly isThere: boolean;
  /** Shared libraries that it needs and that are not found. */
  readonly missing: readonly string[];
}

const pciFolder = "/sys/bus/pci/devices";
/** Of NVIDIA, and of display controllers: VGA and 3D. Source: the PCI ID repository. */
const nvidiaVendor = "0x10de";
const displayClass = /^0x03/;
const pciDevicesMax = 4096;
const nvidiaProc = "/proc/driver/nvidia";
const gpusMax = 64;
/** A driver in trouble may hang. */
const commandMsMax = 10_000;
const outputBytesMax = 1 << 20;
const mebibyte = 2 ** 20;

const run = promisify(execFile);

/** What a command prints; undefined when it is not there or fails. */
async function printed(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const options = { timeout: commandMsMax, maxBuffer: outputBytesMax };
    const { stdout } = await run(command, [...args], options);
    return stdout;
  } catch {
    return undefined;
  }
}

const query = [
  "--query-gpu=index,name,driver_version,memory.total",
  "--format=csv,noheader,nounits",
];

/** GPUs from what nvidia-smi prints: one a line. */
export function gpusFrom(text: string): readonly Gpu[] {
  const lines = text.split("\n").filter((line) => line.includes(","));
  return lines.slice(0, gpusMax).flatMap((line) => {
    const [index = "", name = "", driver = "", mebibytes = ""] = line.split(/,\s*/);
    if (!/^\d+$/.test(index)) return [];
    const memory = Number(mebibytes) * mebibyte;
    const gpu = { index: Number(index), name, driver: driver === "" ? null : driver };
    return [Number.isFinite(memory) ? { ...gpu, memory_bytes: memory } : gpu];
  });
}

/** Names that ldd did not find. */
export function missingFrom(text: string): readonly string[] {
  return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(([, name = ""]) => name);
}

/** Without nvidia-smi, the kernel's module still tells names. */
async function gpusOfModule(): Promise<readonly Gpu[]> {
  const folders = await readdir(join(nvidiaProc, "gpus")).catch(() => []);
  const version = await readFile(join(nvidiaProc, "version"), "utf8").catch(() => "");
  const driver = /\s(\d+\.\d+(?:\.\d+)?)\s/.exec(version)?.[1] ?? null;
  return await Promise.all(
    folders.slice(0, gpusMax).map(async (folder) => {
      const path = join(nvidiaProc, "gpus", folder, "information");
      const text = await readFile(path, "utf8").catch(() => "");
      return { name: /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? "NVIDIA GPU", driver };
    }),
  );
}

/** How many of the devices under a folder such as /sys/bus/pci/devices are NVIDIA's cards. */
export async function cardsUnder(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const read = async (name: string, what: string): Promise<string> =>
    (await readFile(join(folder, name, what), "utf8").catch(() => "")).trim();
  let count = 0;
  for (const name of names.slice(0, pciDevicesMax)) {
    if ((await read(name, "vendor")) !== nvidiaVendor) continue;
    if (displayClass.test(await read(name, "class"))) count += 1;
  }
  return count;
}

async function installed(name: string): Promise<Installed | undefined> {
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

async function cudaProvider(): Promise<Library> {
  const found = await installed("onnxruntime-node");
  if (found === undefined) return { isThere: false, missing: [] };
  const folder = join(found.folder, "bin", "napi-v6", process.platform, process.arch);
  const file = join(folder, "libonnxruntime_providers_cuda.so");
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return { isThere, missing: [] };
  return { isThere, missing: missingFrom((await printed("ldd", [file])) ?? "") };
}

/** The machine that this process runs on. */
export const thisMachine: Machine = {
  gpus: async () => {
    const text = await printed("nvidia-smi", query);
    return text === undefined ? await gpusOfModule() : gpusFrom(text);
  },
  cards: () => cardsUnder(pciFolder),
  installed,
  cudaProvider,
};
