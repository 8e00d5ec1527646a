/**
 * TensorFlow.js itself: which of its four forms loads here, and what may be said of it. The only
 * file that imports it. Knows no graph of the engine.
 */
import { createRequire } from "node:module";
import type * as tfjs from "@tensorflow/tfjs-core";

export type Tf = typeof tfjs;
export type EagerTensor = tfjs.Tensor;

/** Packages that can compute, best first: CUDA, native on the processor, wasm, JavaScript. */
export const flavours = ["node-gpu", "node", "wasm", "cpu"] as const;
export type Flavour = (typeof flavours)[number];

export type Device = "cpu" | "cuda";

export interface LibrarySettings {
  /** Any, best first, unless given. */
  readonly flavour?: Flavour | undefined;
  /** `cuda` is node-gpu on a GPU alone; `cpu` is everything else. Any unless given. */
  readonly device?: Device | undefined;
}

/** A loaded library with the flavour that is to compute. */
export interface Library {
  readonly tf: Tf;
  readonly flavour: Flavour;
  readonly device: Device;
  /** What computes, for people: package, version, the library below it. */
  readonly provider: string;
  /** The name under which `tf` knows the flavour. */
  readonly registered: string;
}

/** TensorFlow.js cannot be used as asked. `code` is the contract's problem code. */
export class TfjsUnavailable extends Error {
  readonly code = "engine_unavailable";
}

const packages = {
  "node-gpu": "@tensorflow/tfjs-node-gpu",
  node: "@tensorflow/tfjs-node",
  wasm: "@tensorflow/tfjs-backend-wasm",
  cpu: "@tensorflow/tfjs-backend-cpu",
} as const satisfies Record<Flavour, string>;

const registered = {
  "node-gpu": "tensorflow",
  node: "tensorflow",
  wasm: "wasm",
  cpu: "cpu",
} as const satisfies Record<Flavour, string>;

/** What the native packages tell beyond the interface of a backend. */
interface NativeBackend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

const require = createRequire(import.meta.url);
const loaded = new Map<Flavour, Promise<Library>>();

/**
 * The best flavour that computes here, or the one named; loaded once. Throws `TfjsUnavailable` with
 * the reasons of all that were tried.
 */
export async function loadLibrary(settings: LibrarySettings = {}): Promise<Library> {
  const { flavour, device } = settings;
  const wanted = flavour === undefined ? candidates(device) : [flavour];
  const reasons: string[] = [];
  for (const candidate of wanted) {
    try {
      const library = await known(candidate);
      if (device === undefined || device === library.device) return library;
      reasons.push(`${packages[candidate]} computes on ${library.device}`);
    } catch (error) {
      reasons.push(`${packages[candidate]}: ${reasonOf(error)}`);
    }
  }
  throw new TfjsUnavailable(`TensorFlow.js cannot compute here: ${reasons.join("; ")}`);
}

function candidates(device: Device | undefined): readonly Flavour[] {
  if (device === "cuda") return ["node-gpu"];
  return device === "cpu" ? flavours.filter((name) => name !== "node-gpu") : flavours;
}

function known(flavour: Flavour): Promise<Library> {
  const library = loaded.get(flavour) ?? load(flavour);
  loaded.set(flavour, library);
  return library;
}

/** The first line of what went wrong, without the list of places that were looked at. */
function reasonOf(error: unknown): string {
  const [line = "it failed"] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line;
}

async function load(flavour: Flavour): Promise<Library> {
  const isNative = flavour === "node-gpu" || flavour === "node";
  const tf = isNative ? loadNative(packages[flavour]) : await loadPortable(flavour);
  tf.enableProdMode();
  if (!(await tf.setBackend(registered[flavour]))) throw new Error("it does not start");
  const native: NativeBackend = isNative ? (tf.backend() as NativeBackend) : {};
  const isOnGpu = native.isUsingGpuDevice === true;
  if (flavour === "node-gpu" && !isOnGpu) throw new Error("TensorFlow finds no GPU");
  return {
    tf,
    flavour,
    device: isOnGpu ? "cuda" : "cpu",
    provider: providerOf(flavour, tf, native),
    registered: registered[flavour],
  };
}

function providerOf(flavour: Flavour, tf: Tf, { binding }: NativeBackend): string {
  const version = tf.version_core;
  if (binding !== undefined) return `tfjs-${flavour} ${version}, TensorFlow ${binding.TF_Version}`;
  return `tfjs-backend-${flavour} ${version}`;
}

/** The packages call two functions that Node 23 took out of `util`. */
function loadNative(name: string): Tf {
  const util: Record<string, unknown> = require("node:util");
  util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  util["isArray"] ??= Array.isArray;
  return require(name) as Tf;
}

async function loadPortable(flavour: "wasm" | "cpu"): Promise<Tf> {
  const tf = await import("@tensorflow/tfjs-core");
  if (flavour === "wasm") await import("@tensorflow/tfjs-backend-wasm");
  else await import("@tensorflow/tfjs-backend-cpu");
  return tf;
}

/** Makes the library's flavour the one that computes; others may have computed since. */
export function activate({ tf, registered: name }: Library): void {
  // Resolves at once for a flavour that has started, which `loadLibrary` has seen to.
  if (tf.getBackend() !== name) void tf.setBackend(name);
}
