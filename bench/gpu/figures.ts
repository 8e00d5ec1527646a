/** What bench/gpu.ts measures, as it stands in the JSON beside each report. */

export interface Measured {
  readonly name: string;
  readonly batch: number;
  readonly stepsPerSecond: number;
  /** Contraction FLOPs of one step. */
  readonly stepFlops: number;
  readonly openSeconds: number;
  readonly loss: number;
  readonly chunkSteps: number;
  /** Between host and device, of a call of `chunkSteps` steps, by the program's shapes. */
  readonly transferBytes: number;
  readonly kernel: string;
  readonly kernelExamples: number;
  readonly kernelSeconds: number;
  readonly kernelFlops: number | null;
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
  readonly short: boolean;
  readonly engine: string;
  readonly device: string;
  readonly provider: string;
  readonly hardware: string;
  readonly driver: string | null;
  readonly isSoftware: boolean;
  /** Of large float32 products, measured in the same process. */
  readonly peakFlops: number;
  readonly peakSize: number;
  readonly tasks: readonly Measured[];
  /** Operators that ran on the processor, by task; null where that is not looked at. */
  readonly stray: Readonly<Record<string, readonly string[] | null>>;
  readonly peers: readonly Peer[];
}
