/**
 * The one refusal that every reader of bytes throws, and the limits that every reader takes.
 * Nothing here knows any particular format.
 */

/** A file, or an array in it, that is refused. The message says what is wrong and the remedy. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /** The format that was being read: `npy`, `csv`, `dataset`, … */
  readonly format: string;
  /** JSON pointer to the part at fault, such as `/x_train`; `""` is the whole file. */
  readonly pointer: string;

  constructor(format: string, message: string, pointer = "") {
    super(message);
    this.format = format;
    this.pointer = pointer;
  }
}

/** What a reader may spend. Sizes are checked before anything of that size is allocated. */
export interface FormatLimits {
  /** Most bytes that the decoded host values of one file may take, all arrays together. */
  readonly bytesMax: number;
  /** Most arrays in one file; 64 unless told. */
  readonly arraysMax?: number;
}

/** Most arrays in one file where the limits do not say. */
export const arraysMaxDefault = 64;

/** The JSON pointer of a member: `x_train` becomes `/x_train`, with `~` and `/` escaped. */
export function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** A name from a file as it may stand in a message: quoted, short, without control characters. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
