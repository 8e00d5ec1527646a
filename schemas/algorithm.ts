/** How a run trains: when it linearises, with which optimiser, on which loss. */
import Type, { type Static } from "typebox";
import { nullable, strict } from "./values.ts";

export const Loss = Type.Union(
  [
    Type.Literal("softmax_cross_entropy", {
      description: "Mean over examples of −log softmax(f)[class].",
    }),
    Type.Literal("mean_squared_error", {
      description: "1/(2n) Σ‖f − y‖² over the n examples, outputs summed; classes become one-hot.",
    }),
    Type.Literal("sigmoid_cross_entropy", {
      description: "Mean over examples of the sum over outputs; targets are 0 or 1.",
    }),
  ],
  { description: "What is minimised." },
);
export type Loss = Static<typeof Loss>;

const Preset = Type.Object(
  {
    preset: Type.Union([
      Type.Literal("uniform", { description: "tᵢ = T·i/m." }),
      Type.Literal("quadratic", { description: "tᵢ = T·(i/m)²: denser early." }),
      Type.Literal("geometric", { description: "t₀ = 0, tᵢ = T^(i/m): densest early." }),
    ]),
    updates: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: "m, the number of linearisations over the whole run, the first included.",
    }),
  },
  strict,
);

const Until = Type.Object(
  {
    every_step_until: Type.Integer({
      minimum: 0,
      description: "Linearise at every step up to this one, then never again.",
    }),
  },
  strict,
);

const Adaptive = Type.Object(
  {
    gap: Type.Number({
      exclusiveMinimum: 0,
      description: "Linearise again when ‖f − f_lin‖ / ‖f_lin − f_s‖ on the probe passes this.",
    }),
    check_every: Type.Optional(
      Type.Integer({ minimum: 1, default: 20, description: "Steps between looks at the gap." }),
    ),
  },
  strict,
);

export const Period = Type.Union(
  [
    Type.Integer({ minimum: 1, description: "K: steps between linearisations. 1 is training." }),
    Type.Literal("never", { description: "Linearise once, at the start: the NTK regime." }),
    Type.Object(
      {
        at: Type.Array(Type.Integer({ minimum: 0 }), {
          minItems: 1,
          maxItems: 100_000,
          description: "The steps at which to linearise, ascending. 0 is always among them.",
        }),
      },
      strict,
    ),
    Preset,
    Until,
    Adaptive,
  ],
  { description: "When to linearise again." },
);
export type Period = Static<typeof Period>;

const GaussNewton = Type.Object(
  {
    type: Type.Literal("gauss_newton", {
      description: "Each step solves the linearised problem to its end; batch_size must be full.",
    }),
    damping: Type.Optional(
      Type.Union(
        [
          Type.Number({ minimum: 0, description: "µ of (JᵀHJ/n + µ)Δ = −∇; 0 is undamped." }),
          Type.Object(
            { period: Type.Integer({ minimum: 1, description: "K: µ = 1/(learning_rate · K)." }) },
            strict,
          ),
          Type.Object(
            {
              adaptive: Type.Number({
                exclusiveMinimum: 0,
                maximum: 1e12,
                description:
                  "The first µ. After each step it follows the ratio of the decrease that came " +
                  "to the one foretold; a step that does not lower the loss is not taken.",
              }),
            },
            strict,
          ),
        ],
        { default: 0.01, description: "How far a step trusts the linear model." },
      ),
    ),
    solver: Type.Optional(
      Type.Union(
        [
          Type.Literal("auto"),
          Type.Literal("function_space", { description: "Cholesky of the kernel." }),
          Type.Literal("cg", { description: "Conjugate gradients on products alone." }),
        ],
        { default: "auto" },
      ),
    ),
    cg: Type.Optional(
      Type.Object(
        {
          iterations: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 200 })),
          tolerance: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: 1e-6 }),
          ),
        },
        { ...strict, description: "Where conjugate gradients end." },
      ),
    ),
    line_search: Type.Optional(
      Type.Boolean({ default: true, description: "Halve a step until the network's loss falls." }),
    ),
  },
  strict,
);

export const Algorithm = Type.Union(
  [
    Type.Object({ type: Type.Literal("standard") }, strict),
    Type.Object(
      {
        type: Type.Literal("linearised"),
        period: Period,
        optimizer_state: Type.Optional(
          Type.Union([Type.Literal("carry"), Type.Literal("reset")], {
            default: "carry",
            description: "Whether momenta survive a linearisation.",
          }),
        ),
        primals: Type.Optional(
          Type.Union([Type.Literal("auto"), Type.Literal("keep"), Type.Literal("recompute")], {
            default: "auto",
            description: "Keep the anchor's activations of the whole training set, or recompute.",
          }),
        ),
        solver: Type.Optional(
          Type.Union(
            [
              Type.Literal("auto"),
              Type.Literal("weight_space"),
              Type.Literal("function_space", {
                description: "On coefficients of the tangent kernel's rows: sgd alone.",
              }),
              Type.Literal("closed_form", {
                description: "All steps at once: sgd, mean_squared_error, full batches, unclipped.",
              }),
            ],
            {
              default: "auto",
              description:
                "How steps inside a linear phase are computed; the numbers are the same.",
            },
          ),
        ),
      },
      strict,
    ),
    GaussNewton,
  ],
  {
    description:
      "Standard training, Gauss–Newton, or iterative linearised training (arXiv 2211.12345).",
  },
);
export type Algorithm = Static<typeof Algorithm>;

const Warmup = Type.Integer({ minimum: 1, description: "Steps of linear warm-up from 0." });
const Final = Type.Number({ minimum: 0, maximum: 1, default: 0, description: "Last factor." });

export const Schedule = Type.Union(
  [
    Type.Object({ type: Type.Literal("constant") }, strict),
    Type.Object({ type: Type.Literal("cosine"), final: Type.Optional(Final) }, strict),
    Type.Object(
      {
        type: Type.Literal("step"),
        every: Type.Integer({ minimum: 1, description: "Steps between drops." }),
        factor: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.1 }),
      },
      strict,
    ),
    Type.Object(
      { type: Type.Literal("warmup_cosine"), warmup: Warmup, final: Type.Optional(Final) },
      strict,
    ),
  ],
  { description: "Factor on the learning rate at each step of the run." },
);
export type Schedule = Static<typeof Schedule>;

export const Averaging = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal("ema", { description: "ā ← d·ā + (1 − d)·θ after each step, from θ₀." }),
        decay: Type.Number({ minimum: 0, exclusiveMaximum: 1, description: "d." }),
      },
      strict,
    ),
    Type.Object(
      {
        type: Type.Literal("tail", {
          description: "The mean of θ over the steps from `from` on; θ itself before.",
        }),
        from: Type.Integer({ minimum: 0, description: "Steps done." }),
      },
      strict,
    ),
  ],
  {
    description:
      "An average of the weights beside them: evaluated as `averaged` (the network at ā) and kept " +
      "in checkpoints. Training does not see it.",
  },
);
export type Averaging = Static<typeof Averaging>;

export const Optimizer = Type.Object(
  {
    type: Type.Union([Type.Literal("sgd"), Type.Literal("adam"), Type.Literal("adamw")]),
    learning_rate: Type.Number({ exclusiveMinimum: 0, maximum: 1e6 }),
    momentum: Type.Optional(
      Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0, description: "sgd: v ← μv + g." }),
    ),
    nesterov: Type.Optional(
      Type.Boolean({ default: false, description: "sgd: step along g + μv instead of v." }),
    ),
    beta1: Type.Optional(Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.9 })),
    beta2: Type.Optional(Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.999 })),
    epsilon: Type.Optional(Type.Number({ exclusiveMinimum: 0, default: 1e-8 })),
    weight_decay: Type.Optional(
      Type.Number({
        minimum: 0,
        default: 0,
        description: "sgd, adam: added to g; adamw: decoupled.",
      }),
    ),
    weight_decay_to: Type.Optional(
      Type.Union([Type.Literal("zero"), Type.Literal("anchor")], {
        default: "zero",
        description: "What weights decay to: 0, or the anchor's weights (explicit damping).",
      }),
    ),
    clip_norm: Type.Optional(
      nullable(Type.Number({ exclusiveMinimum: 0, description: "Largest global gradient norm." })),
    ),
    schedule: Type.Optional(Schedule),
    averaging: Type.Optional(nullable(Averaging)),
  },
  { ...strict, description: "How weights move." },
);
export type Optimizer = Static<typeof Optimizer>;
