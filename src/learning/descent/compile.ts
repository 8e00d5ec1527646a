/** The class that computes each form of descent. Decides nothing; forms.ts does. */
import type { Precision } from "#engine/backend.ts";
import { closedFormPrecision } from "#learning/closed-form-cost.ts";
import { ClosedFormMover } from "./closed-form.ts";
import { Descent, type DescentOptions } from "./descent.ts";
import { DualDescent } from "./dual.ts";
import { functionSpaceStepping } from "./function-program.ts";
import { GaussNewton } from "./gauss-newton.ts";
import { JacobianSpan, type JacobianSpanOptions } from "./jacobian-span.ts";
import { layerStepping } from "./layer-program.ts";
import { LayerSpan } from "./layer-span.ts";
import { StepMover } from "./step-mover.ts";
import type { AnyForm, ClosedForm, DescentSurface, Route } from "./surface.ts";

/** Compiles a form; `restore` comes next. */
export async function compileDescent(
  options: Omit<DescentOptions, "form"> & { readonly form: AnyForm },
): Promise<DescentSurface> {
  const { form, task } = options;
  switch (form.type) {
    case "standard":
    case "linearised":
      return await Descent.compile({ ...options, form });
    case "function_space":
      return new DualDescent(
        { ...options, resets: form.resets },
        {
          span: new JacobianSpan({ ...options, gives: "kernel" }),
          mover: new StepMover(options, functionSpaceStepping(task)),
        },
      );
    case "layer_space":
      return new DualDescent(
        { ...options, resets: form.resets },
        {
          span: new LayerSpan(options),
          mover: new StepMover(options, layerStepping(task, options)),
        },
      );
    case "closed_form": {
      const inner = { ...options, precision: innerPrecision(options, form) };
      return new DualDescent(
        { ...options, resets: form.resets },
        {
          span: new JacobianSpan({ ...inner, gives: gives[form.route] }),
          mover: new ClosedFormMover({ ...inner, form }),
        },
      );
    }
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
} as const satisfies Record<Route, JacobianSpanOptions["gives"]>;

function innerPrecision(
  { backend, precision }: Pick<DescentOptions, "backend" | "precision">,
  form: ClosedForm,
): Precision {
  return backend.device === "webgpu" ? precision : closedFormPrecision(precision, form);
}
