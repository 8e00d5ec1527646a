/** What a child is told of weights in files of another program: where their numbers lie. */

/** One array of a network in files of another program. */
export interface StoredArray {
  readonly name: string;
  /** How its numbers follow from the part. */
  readonly rule: "same" | "gru_bias" | "gru_recurrent_bias";
  readonly part: StoredPart;
}

/** Numbers inside files that lie one behind the other. */
export interface StoredPart {
  /** Digests of the files, in order. */
  readonly files: readonly string[];
  /** From the beginning of the first file. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "float16" | "int32" | "uint8" | "uint16" | "bool";
  /** Numbers were stored as integers q for scale · q + min. */
  readonly quantised: { readonly scale: number; readonly min: number } | null;
}
