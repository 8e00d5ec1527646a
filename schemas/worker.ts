/** Workers: the replicas that train, as they described themselves when they were last seen. */
import Type, { type Static } from "typebox";
import { Devices } from "./device.ts";
import { strict } from "./values.ts";

const described = {
  host: Type.String({ description: "Name of its machine." }),
  version: Type.String({ description: "Of Linnet." }),
  role: Type.String({ description: "worker, or both when it answers requests too." }),
  trainers_max: Type.Integer({ minimum: 1, description: "Runs that it trains at the same time." }),
  trainers: Type.Integer({ minimum: 0, description: "Runs that it trained when it was seen." }),
  memory_bytes: Type.Integer({ minimum: 0, description: "That its trainers may use together." }),
  cpu: Devices.properties.host,
  gpus: Devices.properties.gpus,
} as const;

/** What a worker says of itself. */
export const WorkerSelf = Type.Object(described, strict);
export type WorkerSelf = Static<typeof WorkerSelf>;

export const Workers = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          ...described,
          seen_seconds_ago: Type.Number({ minimum: 0 }),
        },
        strict,
      ),
    ),
  },
  { ...strict, $id: "Workers" },
);
export type Workers = Static<typeof Workers>;
