/** What the probes answer: whether the process lives, and whether it can take work. */
import Type, { type Static } from "typebox";
import { oneOf, strict } from "./values.ts";

export const Health = Type.Object(
  {
    status: oneOf(["ok", "unready"], "ok when every check passed."),
    version: Type.String({ description: "Of the service." }),
    uptime_seconds: Type.Number({ minimum: 0 }),
    checks: Type.Record(
      Type.String(),
      Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) }, strict),
      { description: "What was looked at, by name." },
    ),
  },
  { ...strict, $id: "Health" },
);
export type Health = Static<typeof Health>;
