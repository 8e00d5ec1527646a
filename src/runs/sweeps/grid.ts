/**
 * The cells of a sweep, each computed from the request and its number alone: nothing of a sweep of
 * thousands need be stored but the request. Pure.
 */
import type { FieldError } from "#schemas/problem.ts";
import { type SweepRequest, sweepCellsMax } from "#schemas/sweep.ts";
import { Failure } from "#src/failure.ts";
import { escaped, placed, tokensOf } from "./pointer.ts";

export const seedPointer = "/seed";

/** What one cell puts in the place of the base's fields. */
export interface Change {
  readonly pointer: string;
  readonly value: unknown;
  /** Where the sweep request says so: a JSON pointer into it. */
  readonly from: string;
}

/** One axis: alternatives, each a set of changes. */
type Axis = readonly (readonly Change[])[];

function seedsOf({ seeds }: SweepRequest): readonly number[] | undefined {
  if (typeof seeds !== "number") return seeds;
  return Array.from({ length: seeds }, (_, seed) => seed);
}

/** The list first, then the varied fields in their order, then seeds: the last moves fastest. */
function axesOf(request: SweepRequest): readonly Axis[] {
  const axes: Axis[] = [];
  if (request.cells !== undefined) {
    axes.push(
      request.cells.map((cell, at) =>
        Object.entries(cell).map(([pointer, value]) => ({
          pointer,
          value,
          from: `/cells/${at}/${escaped(pointer)}`,
        })),
      ),
    );
  }
  for (const [pointer, values] of Object.entries(request.vary ?? {})) {
    const from = `/vary/${escaped(pointer)}`;
    axes.push(values.map((value, at) => [{ pointer, value, from: `${from}/${at}` }]));
  }
  const seeds = seedsOf(request);
  if (seeds !== undefined) {
    const listed = Array.isArray(request.seeds);
    axes.push(
      seeds.map((value, at) => [
        { pointer: seedPointer, value, from: listed ? `/seeds/${at}` : "/seeds" },
      ]),
    );
  }
  return axes;
}

/** A sweep request as its cells. */
export interface Grid {
  readonly total: number;
  /** Pointers that vary, in their order. */
  readonly pointers: readonly string[];
  changesAt(cell: number): readonly Change[];
}

/** Failure `invalid_request` when a field is varied twice, or there are too many cells. */
export function gridOf(request: SweepRequest): Grid {
  const axes = axesOf(request);
  const total = axes.reduce((product, axis) => product * axis.length, 1);
  const pointers = [...new Set(axes.flatMap((axis) => axis.flat().map(({ pointer }) => pointer)))];
  refuse([...tooMany(total), ...malformed(axes), ...repeated(axes)]);
  const changesAt = (cell: number): readonly Change[] => {
    let rest = cell;
    const chosen: (readonly Change[])[] = [];
    for (const axis of axes.toReversed()) {
      chosen.unshift(axis[rest % axis.length] ?? []);
      rest = Math.floor(rest / axis.length);
    }
    return chosen.flat();
  };
  return { total, pointers, changesAt };
}

function refuse(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first !== undefined) throw new Failure("invalid_request", first.detail, { errors });
}

function tooMany(total: number): FieldError[] {
  if (total <= sweepCellsMax) return [];
  return [{ pointer: "", detail: `${total} cells are more than ${sweepCellsMax}.` }];
}

function malformed(axes: readonly Axis[]): FieldError[] {
  const changes = axes.flatMap((axis) => axis.flat());
  const bad = changes.find(({ pointer }) => tokensOf(pointer) === undefined);
  if (bad === undefined) return [];
  return [{ pointer: bad.from, detail: `"${bad.pointer}" is not a JSON pointer.` }];
}

/** A field that two axes set, itself or a part of it, would depend on their order. */
function repeated(axes: readonly Axis[]): FieldError[] {
  const seen: string[] = [];
  for (const axis of axes) {
    const own = new Map(axis.flat().map((change) => [change.pointer, change]));
    for (const { pointer, from } of own.values()) {
      const other = seen.find((known) => overlaps(known, pointer));
      if (other === undefined) continue;
      const place = from.replace(/\/\d+$/, "");
      return [{ pointer: place, detail: `"${pointer}" is varied by "${other}" already.` }];
    }
    seen.push(...own.keys());
  }
  return [];
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** The base with a cell's changes. Failure `invalid_request` at a change that has no place. */
export function cellRequest(base: unknown, changes: readonly Change[]): unknown {
  return changes.reduce((request, { pointer, value, from }) => {
    const changed = placed(request, tokensOf(pointer) ?? [], value);
    if (changed !== undefined) return changed;
    const detail = `"${pointer}" leads nowhere in the base.`;
    throw new Failure("invalid_request", detail, { errors: [{ pointer: from, detail }] });
  }, base);
}

/** Pointer → value of a cell, as it is shown. */
export function valuesOf(changes: readonly Change[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(changes.map(({ pointer, value }) => [pointer, value]));
}

/** Where the sweep request says what stands at `pointer` of a cell's request. */
export function sourceOf(pointer: string, changes: readonly Change[]): string {
  const cause = changes.findLast((change) => overlaps(change.pointer, pointer));
  if (cause === undefined) return `/base${pointer}`;
  // Below a change the fault may have a place inside the value.
  return cause.from + pointer.slice(cause.pointer.length);
}
