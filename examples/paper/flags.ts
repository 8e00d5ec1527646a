/** What `npm run paper` may be asked for. */
import { parseArgs } from "node:util";
import { usage } from "#cli/exit.ts";
import { parts } from "./parts.ts";
import type { SizeName } from "./size.ts";

export interface Flags {
  readonly size: SizeName;
  /** Ids of parts, in the report's order. */
  readonly only: readonly string[];
  /** Where the embedded service keeps its data: with it a study that was cut short goes on. */
  readonly data: string | undefined;
  /** Folder of the report and its numbers. */
  readonly out: string;
  readonly url: string | undefined;
  readonly trainers: number | undefined;
}

export const help = `npm run paper -- [flags]
  --quick          fewer cells and seeds: under three minutes on two cores
  --smoke          a few steps of everything: shows that it works, judges nothing
  --only=a,b       these parts alone: ${parts.map(({ id }) => id).join(", ")}
  --data=DIR       keep the service's data there; run again to go on, or to add parts
  --out=DIR        folder of paper.html and paper.json (default: paper-report)
  --url=URL        a service that is running, instead of one started here
  --trainers=N     runs at the same time (default: one a core)
`;

const isNumber = (text: string): boolean => /^[1-9]\d?$/.test(text);

/** The flags; undefined when help is asked for. Throws CommandError. */
export function readFlags(args: readonly string[]): Flags | undefined {
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean" },
        smoke: { type: "boolean" },
        only: { type: "string" },
        data: { type: "string" },
        out: { type: "string" },
        url: { type: "string" },
        trainers: { type: "string" },
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw usage("The flags are wrong", `${(error as Error).message}\n${help}`);
  }
  if (values["help"] === true) return undefined;
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  const known = parts.map(({ id }) => id);
  const asked = text("only")?.split(",") ?? known;
  const unknown = asked.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw usage(`There is no part "${unknown}"`, `There are ${known.join(", ")}.`);
  }
  const trainers = text("trainers");
  if (trainers !== undefined && !isNumber(trainers)) throw usage("--trainers must be 1 to 99");
  return {
    size: values["smoke"] === true ? "smoke" : values["quick"] === true ? "quick" : "full",
    only: known.filter((id) => asked.includes(id)),
    data: text("data"),
    out: text("out") ?? "paper-report",
    url: text("url"),
    trainers: trainers === undefined ? undefined : Number(trainers),
  };
}
