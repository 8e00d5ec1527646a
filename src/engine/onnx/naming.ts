/** Names of parameters and layers from those of initialisers and nodes. */
import type { FileNode } from "./file.ts";

export interface Named {
  readonly layer: string;
  /** `layer/role`, unique in the network. */
  readonly name: string;
}

const roles: Readonly<Record<string, readonly string[]>> = {
  Add: ["bias", "bias"],
  Sub: ["bias", "bias"],
  Mul: ["scale", "scale"],
  Div: ["scale", "scale"],
  Gemm: ["weight", "weight", "bias"],
  Gather: ["table"],
  PRelu: ["", "slope"],
  BatchNormalization: ["", "scale", "bias"],
  LayerNormalization: ["", "scale", "bias"],
  GroupNormalization: ["", "scale", "bias"],
  InstanceNormalization: ["", "scale", "bias"],
};

const general = ["weight", "weight", "bias"];

/** Names that an exporter made up say nothing. */
const isAnonymous = (name: string): boolean => /^(onnx::|const_|val_|_v_|\d+$)/.test(name);

/** What TensorFlow appends to the name of a layer's variable. */
const variable = /\/(ReadVariableOp|Read\/ReadVariableOp|Cast\/ReadVariableOp)(_\d+)?(:0)?$/;

const dotted = (name: string): string => name.replace(/^\/+/, "").replaceAll("/", ".");

/** The layer that a node is, by its own name or by its place. */
export const layerOf = (node: FileNode): string =>
  dotted(node.name === "" ? `${node.operator}_${node.pointer.split("/").at(-1)}` : node.name);

/** Layer and role of an initialiser that is first read at an operand of a node. */
export function namesOf(
  tensor: string,
  place: { readonly node: FileNode; readonly operand: number } | undefined,
): { readonly layer: string; readonly role: string } {
  const role =
    place === undefined
      ? "weight"
      : ((roles[place.node.operator] ?? general)[place.operand] ?? `operand${place.operand}`);
  const bare = tensor.replace(variable, "");
  const split = Math.max(bare.lastIndexOf("."), bare.lastIndexOf("/"));
  if (isAnonymous(tensor) || split <= 0) {
    return { layer: place === undefined ? dotted(tensor) : layerOf(place.node), role };
  }
  const own = bare === tensor ? bare.slice(split + 1) : role;
  return { layer: dotted(bare.slice(0, split)), role: own === "" ? role : own };
}

/** Turns away from names that are taken. */
export class Names {
  readonly #taken = new Set<string>();

  take({ layer, role }: { readonly layer: string; readonly role: string }): Named {
    let name = `${layer}/${role}`;
    for (let again = 2; this.#taken.has(name); again += 1) name = `${layer}/${role}_${again}`;
    this.#taken.add(name);
    return { layer, name };
  }
}

/** True when a name fits a pattern in which * stands for anything. */
export function fits(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
  });
}
