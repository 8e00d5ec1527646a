/** A checkpoint: everything from which a run goes on, bit for bit. */
import Type, { type Static } from "typebox";
import { CheckpointId, Digest, RunId, strict, Time } from "./values.ts";

export const Checkpoint = Type.Object(
  {
    id: CheckpointId,
    run: RunId,
    step: Type.Integer({ minimum: 0 }),
    digest: Type.Unsafe<string>({ ...Digest, description: "Of the manifest." }),
    weights: Type.Unsafe<string>({ ...Digest, description: "Of the weights as safetensors." }),
    bytes: Type.Integer({ minimum: 0 }),
    final: Type.Boolean(),
    created_at: Time,
  },
  { ...strict, $id: "Checkpoint" },
);
export type Checkpoint = Static<typeof Checkpoint>;
