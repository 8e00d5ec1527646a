/** The worker of one-off kernels over a stand-in for the child: order, failures, restarts. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { submitNtk } from "#runs/kernels/commands.ts";
import { KernelWorker, type KernelWorkerOptions } from "#runs/kernels/worker.ts";
import { LeaseKeeper } from "#runs/lease-keeper.ts";
import type { NtkFigures, NtkStatus } from "#schemas/ntk.ts";
import type { ErrandResult } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { memoryArtifacts } from "#test/learning/training.ts";
import { model } from "./records.ts";
import { openWorkshop, silent } from "./workshop.ts";

const patienceMs = 20_000;

const figures: NtkFigures = {
  outputs: 4,
  frobenius_norm: 1,
  trace: 1,
  eigenvalues: [1],
  effective_rank: 1,
  participation_ratio: 1,
  condition_number: 1,
  lambda_min: 1,
  rank: 1,
  alignment: null,
  centred_alignment: null,
  layer_share: {},
  contractions: {},
  seconds: 0,
};

const result: Extract<ErrandResult, { kind: "kernel" }> = {
  kind: "kernel",
  figures,
  step: null,
  shape: [1, 4, 1, 4],
  digest: `sha256:${"a".repeat(64)}`,
};

/** Does what `answer` says for each errand in turn; the first answer is for the first errand. */
function stubErrands(answers: readonly ("done" | Failure)[]) {
  let count = 0;
  const errands = {
    perform: async () => {
      const answer = answers[count] ?? "done";
      count += 1;
      if (answer instanceof Failure) throw answer;
      return result;
    },
    close: async () => {},
  };
  return { child: errands as KernelWorkerOptions["errands"][0], count: () => count };
}

async function openKernels(t: TestContext) {
  const { context } = await openWorkshop(t);
  const artifacts = memoryArtifacts();
  const inputs = [Array.from({ length: 20 }, () => 1)];
  const submit = () => submitNtk({ ...context, artifacts }, { model: model.id, first: { inputs } });
  const work = (child: KernelWorkerOptions["errands"][0]) => {
    const keeper = new LeaseKeeper({ store: context.store, log: silent, leaseMs: 60_000 });
    const shared = { log: silent, artifactsDir: "", owner: "k", keeper, threads: 1, pollMs: 20 };
    const worker = new KernelWorker({ context, errands: [child], ...shared });
    t.after(() => worker.close());
    worker.start();
    return worker;
  };
  const until = async (id: string, status: NtkStatus) => {
    const signal = AbortSignal.timeout(patienceMs);
    for (;;) {
      const record = await context.store.read((reader) => reader.ntk(id));
      if (record?.ntk.status === status) return record;
      assert.ok(!signal.aborted, JSON.stringify(record));
      await context.wakeups.wait(id, { timeoutMs: 20, signal });
    }
  };
  return { context, submit, work, until };
}

test("kernels are computed in the order in which they were asked for", async (t) => {
  const { submit, work, until } = await openKernels(t);
  const [first, second] = [await submit(), await submit()];
  work(stubErrands([]).child);
  const done = [await until(first.id, "succeeded"), await until(second.id, "succeeded")];
  assert.deepEqual(done[0]?.ntk.figures, figures);
  assert.equal(done[0]?.ntk.digest, result.digest);
  const times = done.map(({ ntk }) => Date.parse(ntk.finished_at ?? ""));
  assert.ok((times[0] ?? 0) <= (times[1] ?? 0));
});

test("a refusal fails its kernel with the reason, and the next goes on", async (t) => {
  const { submit, work, until } = await openKernels(t);
  const [bad, good] = [await submit(), await submit()];
  work(stubErrands([new Failure("too_large", "it does not fit")]).child);
  const { ntk } = await until(bad.id, "failed");
  assert.deepEqual(ntk.error, { code: "too_large", message: "it does not fit", retryable: false });
  await until(good.id, "succeeded");
});

test("a full kernel of one set may be larger than memory, and no other", async (t) => {
  const { context } = await openKernels(t);
  const artifacts = memoryArtifacts();
  const limits = { ...context.limits, kernelBytesMax: 60, kernelFileBytesMax: 64 };
  const first = { inputs: [Array.from({ length: 20 }, () => 1)] };
  const asked = { model: model.id, first };
  // [1, 4, 1, 4] in float32 takes 64 bytes.
  const whole = await submitNtk({ ...context, artifacts, limits }, asked);
  assert.deepEqual(whole.shape, [1, 4, 1, 4]);
  const tighter = { ...limits, kernelFileBytesMax: 63 };
  for (const [request, most] of [
    [{ ...asked, dtype: "float64" } as const, limits],
    [{ ...asked, second: first }, limits],
    [asked, tighter],
  ] as const) {
    await assert.rejects(
      submitNtk({ ...context, artifacts, limits: most }, request),
      (error) => error instanceof Failure && error.code === "too_large",
    );
  }
});

test("a child that crashes is replaced, a few times", async (t) => {
  const { submit, work, until } = await openKernels(t);
  const crash = new Failure("trainer_crashed", "it ended");
  const [lucky, unlucky] = [await submit(), await submit()];
  const stub = stubErrands([crash, crash, "done", crash, crash, crash]);
  work(stub.child);
  await until(lucky.id, "succeeded");
  assert.equal((await until(unlucky.id, "failed")).ntk.error?.code, "trainer_crashed");
  assert.equal(stub.count(), 6);
});

test("a kernel that a former service left is taken up, and its end costs no attempt", async (t) => {
  const { context, submit, work, until } = await openKernels(t);
  const { id } = await submit();
  const closing = stubErrands([new Failure("shutting_down", "draining")]);
  const first = work({
    ...closing.child,
    perform: async (...errand) => {
      void first.close();
      return closing.child.perform(...errand);
    },
  });
  await until(id, "queued");
  await first.close();
  const left = await until(id, "queued");
  assert.equal(left.attempts, 0);
  const ntk = { ...left.ntk, status: "running" as const };
  await context.store.write((writer) => writer.updateNtk({ ...left, ntk, attempts: 1 }));
  work(stubErrands([]).child);
  assert.equal((await until(id, "succeeded")).attempts, 2);
});
