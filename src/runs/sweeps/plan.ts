/**
 * A sweep before it is stored: every cell is read as a run request and admitted like one, and each
 * different model definition becomes a draft. Refuses at the field of the sweep that is at fault.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "#catalog/canonical-json.ts";
import type { CatalogContext } from "#catalog/context.ts";
import { type DraftModel, draftModel } from "#catalog/models.ts";
import { admit } from "#runs/admission.ts";
import { materials } from "#runs/commands.ts";
import type { RunContext } from "#runs/context.ts";
import { settingsFrom } from "#runs/settings.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { Definition, Model } from "#schemas/model.ts";
import type { FieldError, ProblemCode } from "#schemas/problem.ts";
import type { RunRequest } from "#schemas/run.ts";
import type { SweepRequest } from "#schemas/sweep.ts";
import { Failure } from "#src/failure.ts";
import type { Reader } from "#storage/store.ts";
import { type Change, cellRequest, type Grid, gridOf, sourceOf } from "./grid.ts";

export interface SweepContext extends RunContext {
  readonly catalog: CatalogContext;
  /** What is wrong with a run request by the contract's schema; empty when nothing is. */
  readonly check: (request: unknown) => readonly FieldError[];
}

/** A sweep all of whose cells can be runs. */
export interface SweepPlan {
  readonly grid: Grid;
  /** Digest of a definition in the request → the model to be made from it. */
  readonly drafts: ReadonlyMap<string, DraftModel>;
  readonly models: ReadonlySet<string>;
  readonly datasets: ReadonlySet<string>;
}

/** Definitions of one sweep that differ. */
export const sweepModelsMax = 1000;
/** Faults named in one answer, over all cells. */
const faultsMax = 20;
/** Cells that are looked at before others may use the thread. */
const cellsPerTurn = 100;

/** Under which a sweep knows the model made from a definition in its request. */
export function definitionDigest(definition: unknown): string {
  return createHash("sha256").update(canonicalJson(definition)).digest("hex");
}

export function isDefinition(model: unknown): model is object {
  return typeof model === "object" && model !== null;
}

class Planner {
  readonly #context: SweepContext;
  readonly #reader: Reader;
  readonly #drafts = new Map<string, DraftModel>();
  readonly #materials = new Map<string, { readonly model: Model; readonly dataset: Dataset }>();
  readonly models = new Set<string>();
  readonly datasets = new Set<string>();

  constructor(context: SweepContext, reader: Reader) {
    this.#context = context;
    this.#reader = reader;
  }

  get drafts(): ReadonlyMap<string, DraftModel> {
    return this.#drafts;
  }

  /** Throws what submitting the cell's run would, at pointers into the run request. */
  async admit(cell: unknown): Promise<void> {
    const { model } = cell as { readonly model?: unknown };
    const draft = isDefinition(model) ? this.#draft(model) : undefined;
    const request = draft === undefined ? cell : { ...(cell as object), model: draft.model.id };
    const faults = this.#context.check(request);
    const [first] = faults;
    if (first !== undefined) throw new Failure("invalid_request", first.detail, { errors: faults });
    const run = request as RunRequest;
    const found = await this.#materialsOf(run, draft);
    const settings = settingsFrom(run, found.dataset.task);
    admit({ ...found, settings }, this.#context.limits);
  }

  #draft(definition: object): DraftModel {
    const digest = definitionDigest(definition);
    const known = this.#drafts.get(digest);
    if (known !== undefined) return known;
    if (this.#drafts.size >= sweepModelsMax) {
      throw new Failure("too_large", `At most ${sweepModelsMax} different models fit.`);
    }
    try {
      const draft = draftModel(this.#context.catalog, { definition: definition as Definition });
      this.#drafts.set(digest, draft);
      return draft;
    } catch (error) {
      throw renamed(error, (pointer) => pointer.replace(/^\/definition/, "/model"));
    }
  }

  async #materialsOf(run: RunRequest, draft: DraftModel | undefined) {
    const key = `${run.model} ${run.dataset}`;
    const known = this.#materials.get(key);
    if (known !== undefined) return known;
    const found =
      draft === undefined
        ? await materials(this.#reader, run)
        : { model: { ...draft.model, digest: "" }, dataset: await this.#dataset(run.dataset) };
    this.#materials.set(key, found);
    if (draft === undefined) this.models.add(run.model);
    this.datasets.add(run.dataset);
    return found;
  }

  async #dataset(id: string): Promise<Dataset> {
    const dataset = await this.#reader.dataset(id);
    if (dataset !== undefined) return dataset;
    const detail = `There is no data set ${id}.`;
    throw new Failure("incompatible", detail, { errors: [{ pointer: "/dataset", detail }] });
  }
}

/** The same refusal with its pointers renamed; anything else as it is. */
function renamed(error: unknown, rename: (pointer: string) => string): unknown {
  if (!(error instanceof Failure)) return error;
  const errors = error.errors.map(({ pointer, detail }) => ({ pointer: rename(pointer), detail }));
  return new Failure(error.code, error.message, { errors, cause: error });
}

/** Faults of all cells, each place once. */
class Faults {
  readonly #errors = new Map<string, FieldError>();
  #code: ProblemCode | undefined;

  get isFull(): boolean {
    return this.#errors.size >= faultsMax;
  }

  add(failure: Failure, cell: number, changes: readonly Change[]): void {
    this.#code ??= failure.code;
    const errors =
      failure.errors.length > 0 ? failure.errors : [{ pointer: "", detail: failure.message }];
    for (const { pointer, detail } of errors) {
      // A change without a place is named by its own place already.
      const isPlaced = /^\/(vary|cells|seeds)(\/|$)/.test(pointer);
      const place = isPlaced ? pointer : sourceOf(pointer, changes);
      const key = `${place} ${detail}`;
      if (this.#errors.has(key) || this.isFull) continue;
      this.#errors.set(key, { pointer: place, detail: `Cell ${cell}: ${detail}` });
    }
  }

  throwAny(): void {
    const errors = [...this.#errors.values()];
    const [first] = errors;
    if (first === undefined || this.#code === undefined) return;
    throw new Failure(this.#code, `${first.pointer}: ${first.detail}`, { errors });
  }
}

/**
 * Looks at every cell. Failures: those of submitting a run, of making a model, and
 * `invalid_request`, each at the fields of the sweep request.
 */
export async function planSweep(context: SweepContext, request: SweepRequest): Promise<SweepPlan> {
  const grid = gridOf(request);
  const faults = new Faults();
  const planner = await context.store.read(async (reader) => {
    const planning = new Planner(context, reader);
    for (let cell = 0; cell < grid.total && !faults.isFull; cell += 1) {
      if (cell % cellsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
      const changes = grid.changesAt(cell);
      try {
        await planning.admit(cellRequest(request.base, changes));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        faults.add(error, cell, changes);
      }
    }
    return planning;
  });
  faults.throwAny();
  const { drafts, models, datasets } = planner;
  return { grid, drafts, models, datasets };
}
