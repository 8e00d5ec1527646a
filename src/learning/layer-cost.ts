/**
 * What steps in layer space would take, from their own graph: FLOPs, memory and seconds. The choice
 * is in solvers.ts.
 */
import { countFlops } from "#engine/graph/flops.ts";
import { bytesOfNode, peakBytes } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { ordered } from "#engine/graph/walk.ts";
import { layersDivided } from "./descent/layer-program.ts";
import { type Cost, parametersOf, type SolverQuestion, setupSeconds } from "./dual-cost.ts";
import { countOf } from "./examples.ts";
import { programSeconds, secondsOf } from "./speed.ts";

/** What a native allocator holds beyond what is alive. */
const arenaShare = 1.3;
/** Seconds that a parameter takes on the host while weights are put together. */
const hostSeconds = 9e-9;

/** Full-batch steps on the coefficients of layers. */
export function layerSpaceCost(question: SolverQuestion): Cost {
  const { task, settings, speed, steps, phases, baseBytes } = question;
  const precision = settings.dtype;
  const { momentum, averaging, weightDecay, weightDecayTo } = task.optimizer;
  const decays = weightDecay > 0 && weightDecayTo === "zero";
  const extras = decays || (momentum > 0 && phases > 1);
  const { primals, steps: program } = layersDivided(task, extras);
  const anchored = Object.values(primals.outputs);
  const stepped = programOutputs(program);
  const { step, call } = programSeconds(program, speed, precision);
  // Weights, velocity and average are a pull each, with a forward pass of its own.
  const pulls = 1 + Number(momentum > 0) + Number(averaging !== null);
  const looks = phases + Math.ceil(settings.steps / settings.evaluate.every);
  const parameters = parametersOf(task);
  const pullFlops = 4 * parameters * countOf(task.train);
  const pull = pullFlops / speed.contraction[precision] + 2 * speed.call + parameters * hostSeconds;
  const anchor = secondsOf(ordered(anchored), speed, precision) + 2 * speed.call + call;
  const double = program.carried.reduce((sum, { input }) => sum + bytesOfNode(input, precision), 0);
  const alive = peakBytes(stepped, precision) + double + peakBytes(anchored, precision);
  return {
    seconds: setupSeconds + steps * step + phases * anchor + looks * pulls * pull,
    flops:
      steps * countFlops(stepped).contraction +
      phases * countFlops(anchored).contraction +
      looks * pulls * pullFlops,
    memoryBytes: Math.ceil(baseBytes + arenaShare * alive),
  };
}
