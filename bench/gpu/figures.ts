/** What bench/gpu.ts measures, as it stands in the JSON beside each report. */
import type { Arithmetic } from "#schemas/device.ts";

/** A figure, or why there is none: a part that fails or takes too long costs its own row only. */
export type Outcome<T> = { readonly found: T } | { readonly why: string };

export interface PeakFigures {
  readonly engine: string;
  readonly provider: string;
  readonly arithmetic: Arithmetic;
  /** FLOP/s of large float32 products. */
  readonly flops: number;
  readonly size: number;
}

export interface StepFigures {
  readonly batch: number;
  readonly stepsPerSecond: number;
  /** Contraction FLOPs of one step. */
  readonly stepFlops: number;
  readonly openSeconds: number;
  readonly loss: number;
  readonly chunkSteps: number;
  /** Between host and device, of a call of `chunkSteps` steps, by the program's shapes. */
  readonly transferBytes: number;
}

export interface KernelFigures {
  readonly variant: string;
  readonly examples: number;
  readonly seconds: number;
  /** Null where the cost is not known: of full kernels alone it is. */
  readonly flops: number | null;
}

/** From ONNX Runtime's own profile of some steps. */
export interface PlacementFigures {
  readonly steps: number;
  /** Operators that ran on the device. */
  readonly onDevice: number;
  /** Operators that ran on the processor, and copies between the two, with how often. */
  readonly onProcessor: readonly string[];
  readonly copies: readonly string[];
}

export interface Row {
  readonly task: string;
  readonly steps: Outcome<StepFigures>;
  readonly kernel: Outcome<KernelFigures>;
  readonly placement: Outcome<PlacementFigures>;
}

/** One line of bench/peers/gpu.py. */
export interface Peer {
  readonly peer: string;
  readonly version: string | null;
  readonly task: string;
  readonly stepsPerSecond: number | null;
  readonly kernelSeconds: number | null;
  readonly why: string | null;
}

export interface Figures {
  readonly date: string;
  readonly quick: boolean;
  readonly device: string;
  readonly hardware: string;
  readonly driver: string | null;
  readonly isSoftware: boolean;
  readonly peak: Outcome<PeakFigures>;
  readonly rows: readonly Row[];
  readonly peers: readonly Peer[];
}

/** What one child of the measurement is asked. */
export interface Question {
  readonly part: "peak" | "steps" | "kernel" | "placement";
  /** Name of a task; not of `peak`. */
  readonly task: string;
  readonly device: "cpu" | "cuda" | "webgpu";
  readonly engine: "onnxruntime" | "tfjs";
  readonly quick: boolean;
}
