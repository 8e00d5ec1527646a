/**
 * When a claim holds. Numbers over seeds against a threshold or against the reference, whose
 * numbers are means of three seeds themselves. Pure.
 */
import {
  type Cell,
  type Claim,
  type Findings,
  type Measured,
  type Table,
  type Tolerance,
  type Verdict,
  verdicts,
} from "./findings.ts";

/** Seeds behind each number of the reference. */
const seedsExpected = 3;
/** Standard errors within which two means are called the same. */
const errorsMax = 2;

export function measured(values: readonly number[], diverged = 0): Measured {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  const mean = finite.reduce((sum, value) => sum + value, 0) / n;
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = n < 2 ? 0 : Math.sqrt(squares / (n - 1));
  return { values: finite, mean, deviation, diverged: diverged + values.length - n };
}

/** Differences seed by seed: what is common to a seed (its data, its weights) falls out. */
export function paired(a: Measured, b: Measured): Measured {
  if (a.diverged > 0 || b.diverged > 0) return measured([]);
  return measured(a.values.map((value, at) => value - (b.values[at] ?? Number.NaN)));
}

const errorOf = ({ values, deviation }: Measured): number => deviation / Math.sqrt(values.length);

/** Whether a mean is at least `least`; within spread when two standard errors reach it. */
export function atLeast(value: Measured, least: number): Verdict {
  if (value.values.length === 0) return "not held";
  if (value.mean >= least) return "held";
  return value.mean + errorsMax * errorOf(value) >= least ? "within spread" : "not held";
}

export function atMost(value: Measured, most: number): Verdict {
  return atLeast(measured(value.values.map((one) => -one)), -most);
}

/**
 * A cell against the reference: within the tolerance, or within two standard errors of the
 * difference of two means, of as many seeds as were run and of three, with the spread seen here.
 */
export function cellVerdict({ measured: own, expected }: Cell, tolerance: Tolerance): Verdict {
  if (own === null || expected === null) return "not judged";
  if (expected === "diverges") {
    if (own.values.length === 0) return "held";
    return own.diverged > 0 ? "within spread" : "not held";
  }
  if (own.values.length === 0) return "not held";
  const { within, as } = tolerance;
  if (own.mean === expected && own.diverged === 0) return "held";
  if (as === "factor") {
    const ratio = Math.abs(Math.log(own.mean / expected));
    if (ratio <= Math.log(within)) return "held";
    const least = Math.min(...own.values) / within;
    const most = Math.max(...own.values) * within;
    return expected >= least && expected <= most ? "within spread" : "not held";
  }
  const difference = Math.abs(own.mean - expected);
  // Numbers of the reference are rounded to three digits.
  if (difference <= within + 0.0005) return own.diverged === 0 ? "held" : "within spread";
  const error = own.deviation * Math.sqrt(1 / own.values.length + 1 / seedsExpected);
  return difference <= errorsMax * error ? "within spread" : "not held";
}

/** The worst of several: one that is not held fails them all. */
export function together(all: readonly Verdict[]): Verdict {
  const judged = all.filter((verdict) => verdict !== "not judged");
  if (judged.length === 0) return "not judged";
  if (judged.includes("not held")) return "not held";
  return judged.includes("within spread") ? "within spread" : "held";
}

/** Cells of all tables that are judged, and how many of them are not held. */
export function cellCounts(tables: readonly Table[]): {
  readonly judged: number;
  readonly off: number;
} {
  const verdicts = tables.flatMap(({ rows, tolerance }) =>
    tolerance === null
      ? []
      : rows.flatMap(({ cells }) => cells.map((cell) => cellVerdict(cell, tolerance))),
  );
  return {
    judged: verdicts.filter((verdict) => verdict !== "not judged").length,
    off: verdicts.filter((verdict) => verdict === "not held").length,
  };
}

/** How many claims ended how, and how many cells, in words. */
export function tally(all: readonly Findings[]): string {
  const claims = all.flatMap(({ claims: own }) => own);
  const counts = verdicts
    .map((verdict) => ({ verdict, count: claims.filter((c) => c.verdict === verdict).length }))
    .filter(({ verdict, count }) => count > 0 || verdict === "held")
    .map(({ verdict, count }) => `${count} ${verdict}`);
  const { judged, off } = cellCounts(all.flatMap(({ tables }) => tables));
  return (
    `${claims.length} claims: ${counts.join(", ")}. Of ${judged} cells beside the reference's ` +
    `${off} are not held; two standard errors leave out one in twenty even where means are equal.`
  );
}

function criterionOf({ within, as }: Tolerance): string {
  return as === "factor"
    ? `every mean within a factor ${within} of the reference's, or between seeds that are`
    : `every mean within ${within} of the reference's (three seeds), or within two standard errors`;
}

/** The claim that a table is the reference's, cell by cell. */
export function tableClaim(table: Table, statement: string): Claim {
  const { tolerance, rows, columns } = table;
  if (tolerance === null) throw new RangeError(`${table.title} has no tolerance to judge it by`);
  const cells = rows.flatMap(({ label, cells: row }) =>
    row.map((cell, at) => ({
      name: `${table.corner} ${label}, ${columns[at]}`,
      cell,
      verdict: cellVerdict(cell, tolerance),
    })),
  );
  const count = (verdict: Verdict) => cells.filter((each) => each.verdict === verdict).length;
  const off = cells.filter(({ verdict }) => verdict === "not held" || verdict === "within spread");
  const named = off.map(
    ({ name, cell }) => `${name}: ${shown(cell.measured)} for ${cell.expected}`,
  );
  return {
    statement,
    criterion: criterionOf(tolerance),
    verdict: together(cells.map(({ verdict }) => verdict)),
    detail: [
      `${count("held")} held, ${count("within spread")} within spread, ` +
        `${count("not held")} not held of ${cells.length} cells`,
      ...named,
    ].join("; "),
  };
}

/** Mean, and what diverged. */
export function shown(value: Measured | null, digits = 3): string {
  if (value === null) return "–";
  const all = value.values.length + value.diverged;
  if (value.values.length === 0) return all === 0 ? "–" : "diverged";
  const size = Math.abs(value.mean);
  const mean =
    size !== 0 && size < 10 ** -digits ? value.mean.toExponential(1) : value.mean.toFixed(digits);
  return value.diverged === 0 ? mean : `${mean} (${value.diverged} of ${all} diverged)`;
}
