/** The generators of data sets as the form knows them: their options with defaults. */
import type { GeneratorType } from "#schemas/generator.ts";

export interface Option {
  readonly name: string;
  readonly label: string;
  readonly value: number | string | boolean;
  /** For words: those that are allowed. */
  readonly words?: readonly string[];
}

export interface GeneratorForm {
  readonly says: string;
  readonly options: readonly Option[];
}

const number = (name: string, value: number, label = name.replaceAll("_", " ")): Option => ({
  name,
  label,
  value,
});
const word = (name: string, words: readonly string[]): Option => ({
  name,
  label: name,
  value: words[0] ?? "",
  words,
});

const noise = number("label_noise", 0);
const dimension = (value: number): Option => number("dimension", value);

export const generatorForms: Readonly<Record<GeneratorType, GeneratorForm>> = {
  wedge: {
    says: "Four classes by the angle in a hidden plane: no linear information at all.",
    options: [dimension(20), noise],
  },
  parity: {
    says: "The product of a few coordinates of ±1.",
    options: [dimension(20), number("bits", 2), noise],
  },
  xor: { says: "The sign of u·v in a hidden plane.", options: [dimension(20), noise] },
  teacher: {
    says: "What a random network answers.",
    options: [
      dimension(20),
      word("task", ["regression", "classification"]),
      number("hidden_units", 32),
      number("targets", 1),
      number("classes", 4),
      noise,
    ],
  },
  spirals: {
    says: "Arms that wind around each other in the plane.",
    options: [number("classes", 2), number("turns", 1.5), number("noise", 0.03), noise],
  },
  clusters: {
    says: "Gaussian clusters around random centres.",
    options: [dimension(10), number("classes", 4), number("separation", 3), noise],
  },
  shapes: {
    says: "Grey images of one shape each, for convolutions.",
    options: [number("size", 16), number("classes", 4), number("noise", 0.1), noise],
  },
  tokens: {
    says: "Sequences whose class needs positions compared.",
    options: [
      number("length", 16),
      number("vocabulary", 16),
      word("rule", ["repeat", "majority", "induction"]),
      noise,
    ],
  },
};
