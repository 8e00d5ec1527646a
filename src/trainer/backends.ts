/**
 * Chooses the backend of a run by the engine and the device that it names, and by what works here.
 * Beside trainer.ts the only file of the trainer that names backends.
 */
import type { Backend } from "#engine/backend.ts";
import { EngineUnavailable, onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { type Flavour, flavours, TfjsUnavailable, tfjsBackend } from "#engine/backends/tfjs.ts";
import type { RunSettings } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";

/** What a run asks for. */
export type Wanted = Pick<RunSettings, "engine" | "device" | "dtype">;

/** What the server gives to a trainer. */
export interface Given {
  readonly threads: number;
  /** The GPU for runs that name none of several; the first unless given. */
  readonly gpu?: number | undefined;
  /** Of TensorFlow.js; the best that loads unless given. */
  readonly flavour?: Flavour | undefined;
}

/** What the parent says about engines when it starts a trainer: the flavour. */
export function engineArguments(name = ""): Pick<Given, "flavour"> {
  return { flavour: flavours.find((one) => one === name) };
}

type Kind = "auto" | "cpu" | "cuda" | "webgpu";

/** `cuda:1` apart: the kind of device, and which of several. */
function placeOf(
  device: Wanted["device"],
  gpu = 0,
): { readonly kind: Kind; readonly index: number } {
  if (device === "auto" || device === "cpu" || device === "webgpu" || device === "cuda") {
    return { kind: device, index: gpu };
  }
  return { kind: "cuda", index: Number(device.slice("cuda:".length)) };
}

/**
 * The backend for a run. `auto` is a CUDA device where one works, through ONNX Runtime or else
 * TensorFlow.js, and the processor otherwise. Failure `engine_unavailable` with the reasons.
 */
export async function backendFor(wanted: Wanted, given: Given): Promise<Backend> {
  const { engine, device, dtype } = wanted;
  const { kind, index } = placeOf(device, given.gpu);
  const { threads, flavour } = given;
  const onnxruntime = (on: "cpu" | "cuda" | "webgpu") => () =>
    onnxruntimeBackend({ device: on, threads, index });
  const tfjs = (on: "cpu" | "cuda" | undefined) => () => tfjsBackend({ device: on, flavour });
  const onGpu = dtype === "float32" ? [onnxruntime("cuda"), tfjs("cuda")] : [onnxruntime("cuda")];
  switch (engine) {
    case "auto":
      if (kind === "auto") return await firstOf([...onGpu, onnxruntime("cpu")]);
      return await firstOf(kind === "cuda" ? onGpu : [onnxruntime(kind)]);
    case "onnxruntime":
      if (kind === "auto") return await firstOf([onnxruntime("cuda"), onnxruntime("cpu")]);
      return await firstOf([onnxruntime(kind)]);
    case "tfjs":
      if (kind === "webgpu") throw unavailable("the tfjs engine has no device webgpu");
      return await firstOf([tfjs(kind === "auto" ? undefined : kind)]);
    case "reference":
      if (kind === "auto" || kind === "cpu") return referenceBackend();
      throw unavailable(`the reference engine has no device ${device}`);
    default:
      return engine satisfies never;
  }
}

const unavailable = (message: string): Failure => new Failure("engine_unavailable", message);

/** The first that can be made here; what the others said is the refusal. */
async function firstOf(makers: readonly (() => Promise<Backend>)[]): Promise<Backend> {
  const reasons: string[] = [];
  for (const make of makers) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof EngineUnavailable || error instanceof TfjsUnavailable)) throw error;
      reasons.push(error.message);
    }
  }
  throw unavailable(reasons.join("; "));
}
