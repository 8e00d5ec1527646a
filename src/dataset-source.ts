/** What the server tells a child of a data set to be made, and what it hears of one that was. */
import type { Dataset } from "#schemas/dataset.ts";
import type { GeneratorSpec } from "#schemas/generator.ts";

/** How one uploaded file is read as a data set. */
export interface FileOptions {
  readonly format: "npz" | "safetensors" | "csv";
  /** Column of the label in a csv: its name, or its index as text (negative from the end). */
  readonly label?: string | null;
  readonly task?: Dataset["task"];
  /** Share of the examples that become test data, where the upload does not divide them. */
  readonly testFraction?: number;
  readonly seed?: number;
}

/** What a data set is made from. */
export type DatasetSource =
  | { readonly kind: "generator"; readonly generator: GeneratorSpec }
  /** A file that lies among the artifacts as it was sent. */
  | { readonly kind: "file"; readonly digest: string; readonly options: FileOptions };

/** What is known of a data set once it is stored. */
export type DatasetFacts = Pick<
  Dataset,
  "digest" | "bytes" | "task" | "classes" | "class_names" | "input_shape" | "splits"
>;

/** A data set in canonical bytes, stored, from a file of strangers or a generator. */
export interface ReadDatasetErrand {
  readonly kind: "read_dataset";
  readonly artifactsDir: string;
  readonly source: DatasetSource;
  readonly bytesMax: number;
}

export interface ReadDatasetResult {
  readonly kind: "read_dataset";
  readonly facts: DatasetFacts;
}
