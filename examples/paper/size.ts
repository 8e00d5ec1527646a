/** How much of the study is run: all of it, a first look, or as little as shows that it works. */

export const sizeNames = ["full", "quick", "smoke"] as const;
export type SizeName = (typeof sizeNames)[number];

/** What differs between the sizes, each said where it is used. */
export type Sized<T> = Readonly<Record<SizeName, T>>;

export interface Size {
  readonly name: SizeName;
  pick<T>(of: Sized<T>): T;
  /** Whether numbers may be held against the reference: the same problem, the same steps. */
  readonly isComparable: boolean;
}

export function sizeOf(name: SizeName): Size {
  return { name, pick: (of) => of[name], isComparable: name !== "smoke" };
}
