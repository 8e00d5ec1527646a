/**
 * What a campaign found, as a table for people and one JSON object for machines. A figure with a
 * bound says whether it holds; the door turns a broken one into exit code 1.
 */

export interface FigureRow {
  readonly name: string;
  readonly value: number | string;
  /** What must hold of the value, in words; absent where the figure is only told. */
  readonly bound?: string;
  /** Whether it holds. */
  readonly holds?: boolean;
  /** Of several slices of a campaign the worst is told, not the sum. */
  readonly isWorst?: true;
}

export interface Report {
  readonly campaign: string;
  readonly figures: readonly FigureRow[];
  /** What was found, one sentence each; all of it is also in a figure that does not hold. */
  readonly findings: readonly string[];
}

/** A figure that must not pass `most`. */
export function atMost(name: string, value: number, most: number): FigureRow {
  return { name, value, bound: `≤ ${most}`, holds: value <= most, isWorst: true };
}

/** A figure that must reach `least`. */
export function atLeast(name: string, value: number, least: number): FigureRow {
  return { name, value, bound: `≥ ${least}`, holds: value >= least };
}

/** A figure without a bound, of which the worst is told. */
export function worst(name: string, value: number): FigureRow {
  return { name, value, isWorst: true };
}

/** A count of faults. */
export function none(name: string, count: number): FigureRow {
  return { name, value: count, bound: "0", holds: count === 0 };
}

export function isBroken({ figures }: Report): boolean {
  return figures.some(({ holds }) => holds === false);
}

const findingsShownMax = 40;

/** The report as text: a row a figure, then the findings. */
export function tableOf({ campaign, figures, findings }: Report): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const values = figures.map(({ value }) =>
    typeof value === "number" ? String(Math.round(value * 1000) / 1000) : value,
  );
  const valueWidth = Math.max(...values.map((value) => value.length));
  const rows = figures.map(({ name, bound, holds }, at) => {
    const verdict = bound === undefined ? "" : `  ${bound}  ${holds ? "holds" : "BROKEN"}`;
    return `  ${name.padEnd(width)}  ${(values[at] ?? "").padStart(valueWidth)}${verdict}`;
  });
  const shown = findings.slice(0, findingsShownMax).map((finding) => `  ! ${finding}`);
  return [`campaign ${campaign}`, ...rows, ...shown].join("\n");
}
