/** What one layer of Keras becomes: a row of our layers, and where their weights are. */
import type { GraphNode } from "#schemas/layer.ts";
import type { StoredArray } from "#src/stored-arrays.ts";
import type { Json, KerasLayer } from "./document.ts";

type Unwired<T> = T extends unknown ? Omit<T, "id" | "inputs"> : never;
/** A layer before it has a name and inputs. */
export type Bare = Unwired<GraphNode>;

/** An array of our layer by its role, and how it is called at the end of a name in Keras. */
export interface WeightName {
  readonly role: string;
  /** Any of these. */
  readonly names: readonly string[];
  readonly rule?: StoredArray["rule"];
}

export interface Piece {
  readonly layer: Bare;
  readonly weights?: readonly WeightName[];
}

export interface TranslationOptions {
  readonly statistics: "frozen" | "batch";
  readonly dropout: "keep" | "remove";
}

/** What a translation may look at. */
export interface Site {
  readonly layer: KerasLayer;
  readonly version: 2 | 3;
  readonly options: TranslationOptions;
  /** Shape of an example at an input. Throws what our own checks of what is before it throw. */
  readonly shapeOf: (input: number) => readonly number[];
  readonly warn: (text: string) => void;
}

/** The layers, in a row; none for the identity. A text says why there are none, and the remedy. */
export type Translation = (config: Json, site: Site) => readonly Piece[] | string;
