/**
 * Which form of descent a run is in: what was planned, or what it began with, at a position. Forms
 * themselves are told apart in forms.ts.
 */
import { type FormChoice, type FormQuestion, formAt } from "./forms.ts";
import type { Position } from "./position.ts";
import type { Prepared } from "./preparation.ts";

/** A position that says what computes linear phases: what it began with, or what is planned. */
export function pinned(
  position: Position,
  { name, route }: NonNullable<FormQuestion["solver"]>,
): Position {
  if (position.solver !== undefined) return position;
  return { ...position, solver: name, ...(route === undefined ? {} : { route }) };
}

/** The form that a position calls for. */
export function choose({ forms }: Prepared, { course, step, solver, route }: Position): FormChoice {
  const isSame = solver === forms.solver?.name && route === forms.solver?.route;
  const began = { name: solver, reason: "as it began", ...(route === undefined ? {} : { route }) };
  const own =
    solver === undefined || isSame ? forms : { ...forms, solver: { ...began, name: solver } };
  return formAt({ ...own, period: course?.period ?? null }, step);
}
