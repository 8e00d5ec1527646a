/** The class that computes each form of descent. Decides nothing; forms.ts does. */
import { ClosedFormMover } from "./closed-form.ts";
import { Descent, type DescentOptions } from "./descent.ts";
import { DualDescent } from "./dual.ts";
import { FunctionSpaceMover } from "./function-space.ts";
import { GaussNewton } from "./gauss-newton.ts";
import type { AnyForm, DescentSurface } from "./surface.ts";

/** Compiles a form; `restore` comes next. */
export async function compileDescent(
  options: Omit<DescentOptions, "form"> & { readonly form: AnyForm },
): Promise<DescentSurface> {
  const { form } = options;
  switch (form.type) {
    case "standard":
    case "linearised":
      return await Descent.compile({ ...options, form });
    case "function_space":
      return new DualDescent({ ...options, resets: form.resets }, new FunctionSpaceMover(options));
    case "closed_form":
      return new DualDescent(
        { ...options, resets: form.resets, inner: innerPrecision(options) },
        new ClosedFormMover({ ...options, precision: innerPrecision(options), every: form.every }),
      );
    case "gauss_newton":
      return new GaussNewton({ ...options, form, seed: options.batches.seed });
    default:
      return form satisfies never;
  }
}

/** A spectrum is worth having in float64 even of a float32 run: many steps magnify its errors. */
function innerPrecision({ backend, precision }: Pick<DescentOptions, "backend" | "precision">) {
  return backend.device === "webgpu" ? precision : "float64";
}
