/** Sequences of tokens whose class needs positions compared: a small problem for attention. */
import type { RandomStream } from "#src/random.ts";
import { classified, drawnVectors, type Generated } from "./examples.ts";
import type { Complete } from "./with-defaults.ts";

type Row = Float32Array | Int32Array;

/** Writes one sequence into `row` and returns its class. */
type Rule = (row: Row, vocabulary: number, random: RandomStream) => number;

const rules: Readonly<Record<Complete<"tokens">["rule"], Rule>> = {
  repeat: drawRepeat,
  majority: drawMajority,
  induction: drawInduction,
};

/** int32 inputs [N, length] with tokens 0 … vocabulary - 1; two classes or one per token. */
export function tokens(spec: Complete<"tokens">): Generated {
  const { length, vocabulary, rule } = spec;
  const classes = rule === "repeat" ? 2 : vocabulary;
  return classified(spec, { classes }, (count, random) => {
    const { x, y } = drawnVectors(count, length, (row) => rules[rule](row, vocabulary, random));
    return { x: { dtype: "int32", shape: x.shape, data: Int32Array.from(x.data) }, y };
  });
}

/** Class 1: the first token occurs exactly once more. Class 0: it does not. Half of each. */
function drawRepeat(row: Row, vocabulary: number, random: RandomStream): number {
  const first = random.integer(vocabulary);
  row[0] = first;
  for (let t = 1; t < row.length; t++) row[t] = otherThan(first, vocabulary, random);
  const repeats = random.integer(2);
  const at = 1 + random.integer(row.length - 1);
  if (repeats === 1) row[at] = first;
  return repeats;
}

/** The class is the token that occurs most often; it is made to lead by at least one. */
function drawMajority(row: Row, vocabulary: number, random: RandomStream): number {
  const winner = random.integer(vocabulary);
  const counts = new Int32Array(vocabulary);
  for (let t = 0; t < row.length; t++) {
    const token = random.integer(vocabulary);
    row[t] = token;
    counts[token] = (counts[token] as number) + 1;
  }
  for (const t of random.permutation(row.length)) {
    const token = row[t] as number;
    const lead = counts[winner] as number;
    const leads = counts.every((count, other) => other === winner || count < lead);
    if (leads) break;
    counts[token] = (counts[token] as number) - 1;
    counts[winner] = (counts[winner] as number) + 1;
    row[t] = winner;
  }
  return winner;
}

/** The last token occurs once before; the class is the token that followed it there. */
function drawInduction(row: Row, vocabulary: number, random: RandomStream): number {
  const last = row.length - 1;
  const query = random.integer(vocabulary);
  for (let t = 0; t < last; t++) row[t] = otherThan(query, vocabulary, random);
  const at = random.integer(last - 1);
  row[at] = query;
  row[last] = query;
  return row[at + 1] as number;
}

function otherThan(token: number, vocabulary: number, random: RandomStream): number {
  return (token + 1 + random.integer(vocabulary - 1)) % vocabulary;
}
