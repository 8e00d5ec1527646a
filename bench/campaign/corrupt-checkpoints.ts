/**
 * Checkpoints and manifests under damage: each file of each checkpoint, at every boundary. A run
 * that goes on from there must use the one before, say so in an event, and end with the weights of
 * a run that nobody disturbed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "#catalog/datasets.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { train } from "#learning/train.ts";
import type { EventData } from "#schemas/event.ts";
import type { Definition } from "#schemas/model.ts";
import type { CheckpointReference, TrainerEvent } from "#src/channel.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { assignmentOf, settingsOf } from "#test/learning/training.ts";
import { blowsOn, bytesOf, damaged, overwrite } from "./damage.ts";

export interface Tally {
  cases: number;
  unchanged: number;
  readonly findings: string[];
}

type Checkpoint = EventData<"checkpoint">;

const every = 4;
const checkpoints = 4;
const settings = settingsOf({
  algorithm: { type: "linearised", period: 6, solver: "weight_space" },
  optimizer: { type: "adam", learning_rate: 0.01 },
  batch_size: 8,
  steps: every * checkpoints + 3,
  evaluate: { every: 100 },
  checkpoints: { every, keep: checkpoints },
});

const generated = generate({ type: "wedge", train: 32, test: 8, seed: 1 } as never);
const examples = {
  train: { x: generated.xTrain, y: generated.yTrain },
  test: { x: generated.xTest, y: generated.yTest },
  classes: generated.classes ?? null,
};

/** Wide enough that the arrays of a checkpoint take many blocks. */
const definitionOf = (units: number): Definition => ({
  input: { shape: [20] },
  layers: [
    { type: "dense", units, activation: "tanh" },
    { type: "dense", units: 4 },
  ],
});

const pathOf = (dir: string, digest: string): string => {
  const hex = digest.slice("sha256:".length);
  return join(dir, hex.slice(0, 2), hex.slice(2));
};

async function trained(
  artifacts: Artifacts,
  units: number,
  references: readonly CheckpointReference[],
) {
  const told: TrainerEvent[] = [];
  let begunAt = -1;
  await using backend = referenceBackend();
  const { outcome } = await train({
    assignment: assignmentOf(settings, { checkpoints: references }),
    network: networkFrom(definitionOf(units)),
    examples,
    backend,
    artifacts,
    emit: (event) => {
      told.push(event);
    },
    started: (_plan, step) => {
      begunAt = step;
    },
  });
  const saved = told.flatMap(({ kind, data }): Checkpoint[] =>
    kind === "checkpoint" ? [data] : [],
  );
  const said = told.flatMap(({ kind, data }) => (kind === "log" ? [data.message] : []));
  return { outcome, saved, said, begunAt };
}

/** One file of one checkpoint, blow after blow; the file is whole again afterwards. */
async function beat(
  file: { readonly path: string; readonly name: string },
  victim: Checkpoint,
  resume: () => ReturnType<typeof trained>,
  expected: { readonly before: number; readonly weights: string; readonly tally: Tally },
): Promise<void> {
  const { before, weights, tally } = expected;
  const bytes = await bytesOf(file.path);
  for (const blow of blowsOn(bytes.length)) {
    const hurt = damaged(bytes, blow, tally.cases % 8);
    tally.cases += 1;
    const isSame = Buffer.compare(hurt, bytes) === 0;
    if (isSame) tally.unchanged += 1;
    await overwrite(file.path, hurt);
    const { outcome, saved, said, begunAt } = await resume();
    const what = `${file.name} of step ${victim.step} ${blow.damage} at ${blow.at}`;
    const fault = (text: string) => tally.findings.push(`${what}: ${text}`);
    if (outcome.type !== "succeeded") fault(`the run ${outcome.type}`);
    const due = isSame ? victim.step : before;
    if (begunAt !== due) fault(`went on from step ${begunAt}, not ${due}`);
    const isSaid = said.some((text) => text.includes(victim.id) && text.includes("passed over"));
    if (isSaid === isSame) fault("no event says so");
    if (saved.at(-1)?.weights !== weights) fault("the final weights differ");
    // Saving anew may mend the file; the next blow falls on the bytes that were there.
    await overwrite(file.path, bytes);
  }
}

/** Every checkpoint as the newest, each of its two files, every blow. `units` sets the size. */
export async function corruptCheckpoints(units: number): Promise<Tally> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-corrupt-"));
  const tally: Tally = { cases: 0, unchanged: 0, findings: [] };
  try {
    const artifacts = await openArtifactFolder(dir);
    const { saved } = await trained(artifacts, units, []);
    const weights = saved.at(-1)?.weights ?? "";
    const inOrder = saved.filter(({ final }) => !final);
    for (const [at, victim] of inOrder.entries()) {
      const references = inOrder.slice(0, at + 1).toReversed();
      const resume = () => trained(artifacts, units, references);
      const expected = { before: inOrder[at - 1]?.step ?? 0, weights, tally };
      const arrays = { path: pathOf(dir, victim.weights), name: "arrays" };
      const manifest = { path: pathOf(dir, victim.digest), name: "manifest" };
      await beat(arrays, victim, resume, expected);
      await beat(manifest, victim, resume, expected);
    }
    return tally;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
