/** Engines and devices that this machine offers. */
import Type, { type Static } from "typebox";
import { nullable, oneOf, strict } from "./values.ts";

export const Devices = Type.Object(
  {
    host: Type.Object(
      {
        cpu: Type.String({ description: "Model name." }),
        cores: Type.Integer({ minimum: 1 }),
        memory_bytes: Type.Integer({ minimum: 0 }),
      },
      strict,
    ),
    gpus: Type.Array(Type.Object({ name: Type.String(), driver: nullable(Type.String()) }, strict)),
    engines: Type.Array(
      Type.Object(
        {
          engine: oneOf(["onnxruntime", "tfjs", "reference"], "As named in a run."),
          version: nullable(Type.String()),
          devices: Type.Array(oneOf(["cpu", "cuda", "webgpu"], "As named in a run.")),
          dtypes: Type.Array(oneOf(["float32", "float64"], "As named in a run.")),
        },
        strict,
      ),
    ),
  },
  { ...strict, $id: "Devices" },
);
export type Devices = Static<typeof Devices>;
