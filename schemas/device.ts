/** Engines and devices that this machine offers, as a small program on each of them has shown. */
import Type, { type Static } from "typebox";
import { nullable, oneOf, strict, Time } from "./values.ts";

/** What products are really computed in; `float32_reduced` is no format that has a name. */
export const Arithmetic = oneOf(
  ["float32", "float32_tf32", "float32_float16", "float32_bfloat16", "float32_reduced", "float64"],
  "Of products, measured. Factors keep 10 bits with TensorFloat-32 (tf32) and float16, 7 with " +
    "bfloat16.",
);

export type Arithmetic = Static<typeof Arithmetic>;

export const deviceKinds = ["cpu", "cuda", "webgpu"] as const;

/** One way to compute, tried. */
export const DeviceTrial = Type.Object(
  {
    device: oneOf(deviceKinds, "As named in a run."),
    provider: Type.String({ description: "The library and its provider, or the package." }),
    usable: Type.Boolean({ description: "A small program ran there and its result was right." }),
    milliseconds: nullable(
      Type.Number({ minimum: 0, description: "To open the device and run the program." }),
    ),
    precision: Type.Optional(nullable(Arithmetic)),
    reason: nullable(Type.String({ description: "Why it cannot be used." })),
    remedy: nullable(
      Type.String({ description: "What mends that: a command where there is one." }),
    ),
  },
  strict,
);
export type DeviceTrial = Static<typeof DeviceTrial>;

export const Devices = Type.Object(
  {
    checked_at: Time,
    host: Type.Object(
      {
        cpu: Type.String({ description: "Model name." }),
        cores: Type.Integer({ minimum: 1 }),
        memory_bytes: Type.Integer({ minimum: 0 }),
      },
      strict,
    ),
    gpus: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          driver: nullable(Type.String()),
          index: Type.Optional(Type.Integer({ minimum: 0, description: "n of cuda:n." })),
          memory_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        strict,
      ),
    ),
    engines: Type.Array(
      Type.Object(
        {
          engine: oneOf(["onnxruntime", "tfjs", "reference"], "As named in a run."),
          version: nullable(Type.String()),
          devices: Type.Array(oneOf(deviceKinds, "Those that can be used, as named in a run.")),
          dtypes: Type.Array(oneOf(["float32", "float64"], "As named in a run.")),
          trials: Type.Array(DeviceTrial),
        },
        strict,
      ),
    ),
  },
  { ...strict, $id: "Devices" },
);
export type Devices = Static<typeof Devices>;
