/** Where a child finds the network of a stored model. */
import type { Model } from "#schemas/model.ts";
import type { ModelSource } from "#src/channel.ts";

/** What the model is made from; it has a definition, or it came from a file. */
export function sourceOf(model: Model): ModelSource {
  const { definition, digest, weights } = model;
  if (definition === null) {
    return { kind: "onnx", digest, options: model.import?.options ?? {} };
  }
  return { kind: "definition", definition, ...(weights === undefined ? {} : { weights }) };
}
