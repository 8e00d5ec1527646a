/** The class that computes each form of descent. Decides nothing; forms.ts does. */
import { Descent, type DescentOptions } from "./descent.ts";
import { DualDescent } from "./dual.ts";
import { FunctionSpaceMover } from "./function-space.ts";
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
      throw new Error("not written");
    default:
      return form satisfies never;
  }
}
