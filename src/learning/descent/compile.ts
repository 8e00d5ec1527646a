/** The class that computes each form of descent. Decides nothing; forms.ts does. */
import type { Precision } from "#engine/backend.ts";
import { closedFormPrecision } from "#learning/closed-form-cost.ts";
import { ClosedFormMover } from "./closed-form.ts";
import { Descent, type DescentOptions } from "./descent.ts";
import { DualDescent, type DualOptions } from "./dual.ts";
import { FunctionSpaceMover } from "./function-space.ts";
import { GaussNewton } from "./gauss-newton.ts";
import type { AnyForm, ClosedForm, DescentSurface, Route } from "./surface.ts";

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
      return new DualDescent(
        {
          ...options,
          resets: form.resets,
          gives: form.route === "kernel" ? "kernel" : "primals",
        },
        new FunctionSpaceMover({ ...options, route: form.route }),
      );
    case "closed_form":
      return new DualDescent(
        {
          ...options,
          resets: form.resets,
          inner: innerPrecision(options, form),
          gives: gives[form.route],
        },
        new ClosedFormMover({ ...options, precision: innerPrecision(options, form), form }),
      );
    case "gauss_newton":
      return new GaussNewton({ ...options, form, seed: options.batches.seed });
    default:
      return form satisfies never;
  }
}

const gives = {
  spectrum: "kernel",
  kernel: "kernel_products",
  jacobian: "jacobian_products",
} as const satisfies Record<Route, DualOptions["gives"]>;

function innerPrecision(
  { backend, precision }: Pick<DescentOptions, "backend" | "precision">,
  form: ClosedForm,
): Precision {
  return backend.device === "webgpu" ? precision : closedFormPrecision(precision, form);
}
