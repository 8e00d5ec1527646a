/**
 * `npm run bench:solvers`: the solvers of linear phases against each other and, with
 * `-- --python=PATH` of an environment that has JAX, against the same work there. Prints ratios, won
 * or lost. `--grid` judges the choice on thirty shapes, `--memory` compares estimates with peaks.
 */
import { execFile } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { measureSpeed } from "#learning/calibrate.ts";
import type { AnyForm, Route } from "#learning/descent/surface.ts";
import { solvers } from "#learning/solvers.ts";
import { nominalSpeed } from "#learning/speed.ts";
import { Failure } from "#src/failure.ts";
import { grid } from "./solving/grid.ts";
import { openPeer, type Peer } from "./solving/peer.ts";
import { phaseSeconds } from "./solving/phase.ts";
import { type Measured, measure, named, type Shape, type SolverName } from "./solving/shapes.ts";

const { values: flags } = parseArgs({
  options: {
    python: { type: "string" },
    /** A Python with neural-tangents, which needs a JAX of its time; `python`'s unless given. */
    nt: { type: "string" },
    grid: { type: "boolean" },
    memory: { type: "boolean" },
    quick: { type: "boolean" },
    /** One run in this process, for its peak of memory. */
    one: { type: "string" },
    /** steps, phases, or far (a million steps): each within a few minutes. */
    only: { type: "string" },
    /** A part of the grid, as FIRST:END. */
    slice: { type: "string" },
    /** Processor seconds on one thread: a machine that does other things too tells little else. */
    processor: { type: "boolean" },
  },
});
const backend = await onnxruntimeBackend(
  flags.processor ? { device: "cpu", threads: 1, spinning: false } : { device: "cpu" },
);
const nowMs = (): number => {
  if (!flags.processor) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
// A peak of memory is of the run alone.
const speed = flags.one === undefined ? await measureSpeed(backend) : nominalSpeed(backend);
const ports = { backend, speed };
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (seconds: number): string => `${(seconds * 1000).toPrecision(3)} ms`;

/** A run, the best of `times`; null where the solver cannot. */
async function best(
  shape: Shape,
  solver: SolverName,
  { times = 1, on = ports }: { readonly times?: number; readonly on?: typeof ports } = {},
): Promise<Pick<Measured, "seconds" | "cpuSeconds"> | null> {
  let found: Measured | null = null;
  for (let at = 0; at < times; at += 1) {
    try {
      const measured = await measure(shape, solver, on);
      if (found === null || measured.cpuSeconds < found.cpuSeconds) found = measured;
    } catch (error) {
      if (error instanceof Failure || /incompatible|too_large/.test(String(error))) return null;
      throw error;
    }
  }
  return found;
}

const mlp = { input: 784, layers: [512, 512], outputs: 10, examples: 512 } as const;
const entropy = "softmax_cross_entropy";
const squares = "mean_squared_error";
const lazy = { period: "never", batch: "full" } as const;

function ratio(what: string, ours: number, theirs: number | undefined, wanted: number): void {
  if (theirs === undefined) return;
  const times = theirs / ours;
  const verdict = times >= wanted ? "held" : "NOT held";
  say(`  ${what}: ${times.toPrecision(3)} × JAX (${wanted} × wanted: ${verdict})`);
}

const kept: AnyForm = {
  type: "linearised",
  anchor: "invariant",
  resets: false,
  keepsPrimals: false,
};
const byKernel: AnyForm = { type: "function_space", route: "kernel", resets: false };
const byJacobian: AnyForm = { type: "function_space", route: "jacobian", resets: false };
const closedForm = (route: Route, { steps }: Shape): AnyForm => ({
  type: "closed_form",
  resets: false,
  every: 1,
  route,
  horizon: steps,
  vectorsMax: 512,
});

async function againstPeer(peer: Peer | null): Promise<void> {
  const steps = flags.quick ? 20 : 60;
  const cases: readonly (readonly [string, Shape])[] = [
    ["steps", { ...mlp, ...lazy, loss: entropy, steps }],
    ["mini_batch", { ...mlp, period: "never", batch: 256, loss: entropy, steps, examples: 4096 }],
  ];
  for (const [task, shape] of cases) {
    say(`linearised step, ${named(shape)}`);
    const { step: inWeights } = await phaseSeconds(backend, kept, { shape, nowMs });
    const isFull = shape.batch === "full";
    const inFunctions = isFull
      ? (await phaseSeconds(backend, byJacobian, { shape, nowMs })).step
      : null;
    const theirs = await peer?.ask({ task, ...shape });
    const ours = [`weight_space ${ms(inWeights)}`];
    if (inFunctions !== null) ours.push(`function_space/jacobian ${ms(inFunctions)}`);
    say(`  ${ours.join("; ")}; JAX ${said(theirs, (seconds) => ms(seconds / steps))}`);
    const step = Math.min(inWeights, inFunctions ?? inWeights);
    ratio("a step", step, theirs?.seconds && theirs.seconds / steps, 1.5);
  }
}

function said(
  answer: { seconds?: number; error?: string } | undefined,
  show: (s: number) => string,
) {
  if (answer === undefined) return "not asked";
  return answer.seconds === undefined ? (answer.error ?? "?") : show(answer.seconds);
}

/** Ways of computing a phase that are measured; the spectrum where rows are few. */
function waysOf(shape: Shape): readonly (readonly [string, AnyForm])[] {
  const dual = [
    ["function_space/jacobian", byJacobian],
    ["function_space/kernel", byKernel],
  ] as const;
  if (shape.loss !== squares) {
    const isSmall = shape.layers.reduce((a, b) => a + b, 0) < 256;
    return isSmall ? [["weight_space", kept], ...dual] : dual;
  }
  const isFew = shape.examples * shape.outputs <= 1000;
  const routes: readonly Route[] = isFew
    ? ["spectrum", "kernel", "jacobian"]
    : ["kernel", "jacobian"];
  const closed = routes.map((route) => [`closed_form/${route}`, closedForm(route, shape)] as const);
  return isFew ? [...dual, ...closed] : [...dual.slice(0, 1), ...closed];
}

/** Why a way cannot be faster than it is. */
function boundOf(shape: Shape): string {
  const rows = shape.examples * shape.outputs;
  if (shape.loss === squares) return "a product with the Jacobian costs a linearised step";
  const megabytes = Math.round((4 * rows ** 2) / 1e6);
  return (
    "a step in function space takes a product with the Jacobian, " +
    `or reads a kernel of ${rows} rows, ${megabytes} MB`
  );
}

const phases: readonly Shape[] = [
  { ...mlp, outputs: 1, ...lazy, loss: squares, steps: 1000 },
  { ...mlp, ...lazy, loss: squares, steps: 1000 },
  { input: 20, layers: [64], outputs: 4, examples: 512, ...lazy, loss: entropy, steps: 1000 },
  { ...mlp, ...lazy, loss: entropy, steps: 1000 },
];

async function longPhases(peer: Peer | null): Promise<void> {
  for (const shape of phases) {
    say(`K = 1000 full batch, ${named(shape)}: the phase from its anchor to its weights`);
    let best = Number.POSITIVE_INFINITY;
    const rows: string[] = [];
    for (const [name, form] of waysOf(shape)) {
      const { whole } = await phaseSeconds(backend, form, { shape, nowMs });
      best = Math.min(best, whole);
      rows.push(`${name} ${ms(whole)}`);
    }
    const { plan } = await measure(shape, "auto", ports);
    // JAX's loop is long: a tenth of it, scaled.
    const theirs = await peer?.ask({ task: "steps", ...shape, steps: 100 });
    const loop = theirs?.seconds === undefined ? undefined : theirs.seconds * 10;
    say(`  ${rows.join("; ")}; JAX ${said(theirs, (s) => ms(s * 10))}`);
    say(`  auto takes ${plan.solver}: ${plan.reason}`);
    ratio("the phase", best, loop, 50);
    if (loop !== undefined && loop < 50 * best) say(`  because ${boundOf(shape)}`);
  }
}

/** A million steps at once, beside what neural-tangents predicts on its own kernel. */
async function farPhase(peer: Peer | null): Promise<void> {
  const far: Shape = { ...mlp, examples: 100, ...lazy, loss: squares, steps: 1_000_000 };
  say(`T = 10⁶ in closed form, N·O = 1000, ${named(far)}`);
  const found = await best(far, "auto");
  const seconds = (flags.processor ? found?.cpuSeconds : found?.seconds) ?? Number.NaN;
  say(`  ${seconds.toPrecision(3)} s (under 5 s wanted: ${seconds < 5 ? "held" : "NOT held"})`);
  const predicted = await peer?.ask({ task: "predict", ...far });
  if (predicted === undefined) return;
  say(`  neural-tangents predicts in ${said(predicted, (s) => `${s.toPrecision(3)} s`)}`);
  if (predicted.seconds === undefined) return;
  const times = predicted.seconds / seconds;
  say(
    `  a million steps: ${times.toPrecision(3)} × neural-tangents (${times > 1 ? "won" : "lost"})`,
  );
}

/**
 * Processor seconds of each solver on one thread, and how far the chosen one is from the best; the
 * clock would tell more of what else the machine does.
 */
async function judgeChoice(): Promise<void> {
  await using single = await onnxruntimeBackend({ device: "cpu", threads: 1, spinning: false });
  const on = { backend: single, speed: await measureSpeed(single) };
  say(JSON.stringify(on.speed));
  let worst = 0;
  let within = 0;
  for (const shape of sliced(grid)) {
    const found = new Map<string, number>();
    for (const solver of solvers) {
      const measured = await best(shape, solver, { times: 2, on });
      if (measured !== null) found.set(solver, measured.cpuSeconds);
    }
    const { plan } = await measure(shape, "auto", on);
    const times = (found.get(plan.solver) ?? Number.NaN) / Math.min(...found.values());
    worst = Math.max(worst, times);
    if (times <= choiceMax) within += 1;
    const all = [...found].map(([name, seconds]) => `${name} ${ms(seconds)}`).join("; ");
    say(`${times.toFixed(2)} × best  ${plan.solver}  ${named(shape)}  (${all})`);
  }
  const verdict = worst <= choiceMax ? "held" : "NOT held";
  say(
    `worst choice: ${worst.toFixed(2)} × the best (${choiceMax} wanted: ${verdict}); ` +
      `${within} of ${grid.length} within`,
  );
}

function sliced<T>(all: readonly T[]): readonly T[] {
  const [first = 0, end] = (flags.slice ?? "0:").split(":").map(Number);
  return all.slice(first, end === undefined || end === 0 ? all.length : end);
}

/** How much slower than the best a choice may be. */
const choiceMax = 1.5;

const run = promisify(execFile);

/** A schedule for which only a spectrum will do. */
const cosine = { type: "sgd", learning_rate: 1e-4, schedule: { type: "cosine" } } as const;

async function judgeMemory(): Promise<void> {
  const shapes: readonly (readonly [Shape, SolverName])[] = [
    [{ ...mlp, ...lazy, loss: entropy, steps: 20 }, "weight_space"],
    [{ ...mlp, ...lazy, loss: entropy, steps: 20 }, "function_space"],
    [
      { ...mlp, examples: 2048, period: "never", batch: 256, loss: entropy, steps: 40 },
      "weight_space",
    ],
    [{ ...mlp, examples: 150, ...lazy, loss: squares, steps: 50 }, "closed_form"],
    [{ ...mlp, examples: 100, ...lazy, loss: squares, steps: 1_000_000 }, "closed_form"],
    [{ ...mlp, outputs: 1, ...lazy, loss: squares, steps: 2000 }, "function_space"],
    [{ ...mlp, outputs: 1, ...lazy, loss: squares, steps: 2000, optimizer: cosine }, "closed_form"],
  ];
  for (const [shape, solver] of shapes) {
    const question = JSON.stringify({ shape, solver });
    const file = fileURLToPath(import.meta.url);
    const { stdout } = await run(process.execPath, [file, `--one=${question}`]);
    const { estimated, peak } = JSON.parse(stdout) as { estimated: number; peak: number };
    const share = estimated / peak;
    say(
      `${solver}, ${named(shape)}: estimated ${Math.round(estimated / 1e6)} MB, ` +
        `peak ${Math.round(peak / 1e6)} MB, ${share.toFixed(2)} × (0.8 … 1.2 wanted)`,
    );
  }
}

if (flags.one !== undefined) {
  const { shape, solver } = JSON.parse(flags.one) as { shape: Shape; solver: SolverName };
  const { plan } = await measure(shape, solver, ports);
  // In kilobytes.
  const peak = process.resourceUsage().maxRSS * 1024;
  say(JSON.stringify({ estimated: plan.memory_bytes, peak }));
} else {
  say(`${cpus().length} × ${cpus()[0]?.model ?? "?"}; ${JSON.stringify(speed)}`);
  const peer = openPeer(flags.python, flags.processor ? ["--processor"] : []);
  if (flags.grid) await judgeChoice();
  if (flags.memory) await judgeMemory();
  if (!flags.grid && !flags.memory) {
    if (flags.only === undefined || flags.only === "steps") await againstPeer(peer);
    if (flags.only !== "steps" && flags.only !== "far") await longPhases(peer);
    if (flags.only === undefined || flags.only === "far") {
      const own = openPeer(flags.nt ?? flags.python);
      await farPhase(own);
      await own?.[Symbol.asyncDispose]();
    }
  }
  await peer?.[Symbol.asyncDispose]();
}
await backend[Symbol.asyncDispose]();
