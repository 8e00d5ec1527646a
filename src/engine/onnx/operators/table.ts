/**
 * The dictionary of operators: every operator of the standard has a translation into primitives or
 * a reason why it has none. The compiler lists those that are missing from both.
 */
import type { Translate } from "../call.ts";
import { attentionExtensions, attentionOperators } from "./attention.ts";
import { contractionExtensions, contractionOperators } from "./contraction.ts";
import { controlOperators } from "./control.ts";
import { convolutionOperators } from "./convolution.ts";
import { generationOperators } from "./generation.ts";
import { indexingOperators } from "./indexing.ts";
import { normalisationExtensions, normalisationOperators } from "./normalisation.ts";
import { pairwiseOperators } from "./pairwise.ts";
import { pointwiseExtensions, pointwiseOperators } from "./pointwise.ts";
import { poolingOperators } from "./pooling.ts";
import { recurrentOperators } from "./recurrent.ts";
import { reductionOperators } from "./reduction.ts";
import { refusedOperators } from "./refused.ts";
import { resizingOperators } from "./resizing.ts";
import { shapingOperators } from "./shaping.ts";
import type { StandardOperator } from "./standard.ts";
import { entry, type Translation } from "./translation.ts";

type RefusedName = keyof typeof refusedOperators;
type TranslatedName = Exclude<StandardOperator, RefusedName>;

/** Written by the interpreter itself, which knows which constants are weights. */
const constant = entry(
  "the numbers that it holds",
  () => {
    throw new Error("constants are read by the interpreter");
  },
  { derivative: "folded" },
);

export const translated: Readonly<Record<TranslatedName, Translation>> = {
  ...pointwiseOperators,
  ...pairwiseOperators,
  ...contractionOperators,
  ...convolutionOperators,
  ...poolingOperators,
  ...normalisationOperators,
  ...reductionOperators,
  ...shapingOperators,
  ...indexingOperators,
  ...generationOperators,
  ...resizingOperators,
  ...attentionOperators,
  ...controlOperators,
  ...recurrentOperators,
  Constant: constant,
};

/** Operators of ONNX Runtime's own set, which its optimiser and exporters write. */
export const extensions: Readonly<Record<string, Translation>> = {
  ...pointwiseExtensions,
  ...contractionExtensions,
  ...normalisationExtensions,
  ...attentionExtensions,
};

const own = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** How an operator is translated, or why it is not and what would have to change. */
export function translationOf(domain: string, operator: string): Translate | string {
  const isStandard = domain === "";
  if (isStandard || domain === "com.microsoft") {
    // ONNX Runtime writes this one of its operators into the standard domain.
    const isOwn = !isStandard || operator === "SimplifiedLayerNormalization";
    const translation = own(isOwn ? extensions : translated, operator);
    if (translation !== undefined) return translation.translate;
    const reason = isStandard ? own(refusedOperators, operator) : undefined;
    return reason ?? "this operator is unknown; export with standard operators from version 7 on";
  }
  return (
    `operators of the domain "${domain}" have no known meaning; ` +
    "export with standard operators, or with this one as a function in the file"
  );
}
