/** What a part of the study hands to the report: tables, charts, claims. Values alone. */

export const verdicts = ["held", "within spread", "not held", "not judged"] as const;
export type Verdict = (typeof verdicts)[number];

/** One number over seeds. */
export interface Measured {
  /** Of the runs that did not diverge, in the order of their seeds. */
  readonly values: readonly number[];
  /** Of `values`; NaN when there are none. */
  readonly mean: number;
  /** Sample standard deviation; 0 for fewer than two. */
  readonly deviation: number;
  readonly diverged: number;
}

/** What the reference says of a cell: a number, that every seed diverges, or nothing. */
export type Expected = number | "diverges" | null;

export interface Cell {
  readonly measured: Measured | null;
  readonly expected: Expected;
}

/** How far a cell may lie from what is expected, and still be the same. */
export interface Tolerance {
  readonly within: number;
  /** `factor`: the ratio of the two, either way, is at most `within`. */
  readonly as: "difference" | "factor";
}

export interface Table {
  readonly title: string;
  readonly note?: string;
  /** Above the row labels. */
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly label: string; readonly cells: readonly Cell[] }[];
  /** Digits after the point; absent: significant digits, for numbers of many sizes. */
  readonly digits?: number;
  /** Null where the table is only shown. */
  readonly tolerance: Tolerance | null;
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Line {
  readonly label: string;
  readonly points: readonly Point[];
  /** Dashed: what is expected, in the colour of the line of the same label. */
  readonly expected?: boolean;
}

export interface Axis {
  readonly title: string;
  readonly log?: boolean;
  /** Where ticks stand, and what they say; chosen when absent. */
  readonly ticks?: readonly (readonly [at: number, text: string])[];
}

export interface Chart {
  readonly kind: "lines";
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

export interface HeatMap {
  readonly kind: "heat";
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

export interface Claim {
  readonly statement: string;
  /** What must be true of the numbers for it to hold. */
  readonly criterion: string;
  readonly verdict: Verdict;
  /** The numbers. */
  readonly detail: string;
}

export interface Findings {
  readonly id: string;
  /** Of the reference notes, where there is one. */
  readonly section: string;
  readonly title: string;
  readonly about: string;
  readonly tables: readonly Table[];
  readonly figures: readonly (Chart | HeatMap)[];
  readonly claims: readonly Claim[];
  /** Sentences about what was found, and why it differs where it does. */
  readonly remarks: readonly string[];
  readonly runs: number;
  /** Seconds that trainers spent. */
  readonly trainingSeconds: number;
}
