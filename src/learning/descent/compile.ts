/** The class that computes each form of descent. Decides nothing; forms.ts does. */
import type { Precision } from "#engine/backend.ts";
import { closedFormPrecision } from "#learning/closed-form-cost.ts";
import { ClosedFormMover } from "./closed-form.ts";
import { Descent, type DescentOptions } from "./descent.ts";
import { DualDescent, type DualOptions } from "./dual.ts";
import { FunctionSpaceMover } from "./function-space.ts";
import { GaussNewton } from "./gauss-newton.ts";
import {
  type AnyForm,
  type ClosedForm,
  type DescentSurface,
  fallsBack,
  type Route,
} from "./surface.ts";

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
          ...(fallsBack(form.route) ? { whole: spectrumPrecision(options) } : {}),
        },
        new ClosedFormMover({
          ...options,
          precision: innerPrecision(options, form),
          spectrumPrecision: spectrumPrecision(options),
          form,
        }),
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
  kernel_first: "kernel_products",
  jacobian_first: "jacobian_products",
} as const satisfies Record<Route, DualOptions["gives"]>;

type Where = Pick<DescentOptions, "backend" | "precision">;

function innerPrecision({ backend, precision }: Where, form: ClosedForm): Precision {
  return backend.device === "webgpu" ? precision : closedFormPrecision(precision, form);
}

function spectrumPrecision({ backend, precision }: Where): Precision {
  const asked = { route: "spectrum", horizon: 1 } as const;
  return backend.device === "webgpu" ? precision : closedFormPrecision(precision, asked);
}
