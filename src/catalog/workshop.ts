/**
 * What the catalog has children do: reading files from strangers, and writing files. Which process
 * that is, and what it may use up, is decided at the composition root.
 */
import type { ErrandRunner } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";

export interface Workshop {
  readonly artifactsDir: string;
  readonly memoryBytesMax: number;
  readonly threads: number;
  /** Its child may be lost at any time: some files come from strangers. */
  readonly errands: ErrandRunner;
}

const remedies = {
  internal: "it led to a fault of the reader",
  trainer_crashed: "the process that read it ended or took too long",
  out_of_memory: "reading it takes more memory than this service may use",
} as const;

const isLoss = (code: string): code is keyof typeof remedies => code in remedies;

/** `work` on a file from outside: where it costs the child its life, the file is to blame. */
export async function blamingFile<T>(
  work: Promise<T>,
  code: "invalid_model" | "invalid_dataset" = "invalid_model",
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Failure) || !isLoss(error.code)) throw error;
    const detail = `The file cannot be used: ${remedies[error.code]}.`;
    throw new Failure(code, detail, { cause: error });
  }
}
