/** Records to rows and back. No query is here. */
import type { Selectable } from "kysely";
import type { RunEvent } from "#schemas/event.ts";
import type { Priority } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type {
  Answer,
  ApiKeyRecord,
  NewEvent,
  NtkRecord,
  RunRecord,
  SweepRecord,
  UploadRecord,
} from "#storage/store.ts";
import type {
  AnswerTable,
  ApiKeyTable,
  EventTable,
  NtkTable,
  RunTable,
  SweepTable,
  UploadTable,
} from "./schema.ts";
import { brokenRow, intact, intactRun, sealed } from "./seals.ts";

/** A row but for whose it is, which the writer says, and for its seals. */
type Row<T> = Omit<T, "tenant" | "seal" | "log_seal">;

/** Of a kernel's numbers: snapshots are kept in single precision. */
const bytesOfNumber = { float32: 4, float64: 8 } as const;

/** Bytes of a kernel of this shape; 0 when it was not kept. */
export function kernelBytes(
  digest: string | null,
  shape: readonly number[],
  dtype: keyof typeof bytesOfNumber = "float32",
): number {
  return digest === null ? 0 : shape.reduce((a, b) => a * b, bytesOfNumber[dtype]);
}

/** What a row's document says. Failure `storage_corrupt`. */
export function documentOf<T>(row: { readonly document: string; readonly seal: number }): T {
  return parseDocument<T>(intact(row).document);
}

/** What a document says. The rows of this database were written by `JSON.stringify` of a `T`. */
export function parseDocument<T>(document: string): T {
  try {
    return JSON.parse(document) as T;
  } catch (error) {
    throw new Failure(
      "storage_corrupt",
      "A stored document is not JSON. Restore the database from a backup.",
      { cause: error },
    );
  }
}

export const priorities: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };

export function toRunRow(record: RunRecord): Row<RunTable> {
  const { run } = record;
  return {
    id: run.id,
    status: run.status,
    model: run.model,
    dataset: run.dataset,
    version: run.version,
    not_before_ms: record.notBeforeMs,
    epoch: run.epoch,
    last_seq: run.last_seq,
    sweep: run.sweep?.id ?? null,
    cell: run.sweep?.cell ?? null,
    priority: priorities[run.priority],
    needs_bytes: record.needsBytes,
    device: run.device,
    document: JSON.stringify(record),
  };
}

export type StoredRun = Omit<Selectable<RunTable>, "tenant">;

/** What documents do not say that were written before there were workers. */
const before = { run: { priority: "normal" }, record: { needsBytes: 0 } } as const;

/**
 * The columns that the log and the insertion own win over the document. Failure `storage_corrupt`
 * when those of the queue say something else; `auto` stood for any device before there were workers.
 */
export function toRunRecord(row: StoredRun): RunRecord {
  const stored = parseDocument<RunRecord>(intactRun(row).document);
  const log = { epoch: row.epoch, last_seq: Number(row.last_seq) };
  const record = { ...before.record, ...stored, run: { ...before.run, ...stored.run, ...log } };
  const isSame =
    Number(row.priority) === priorities[record.run.priority] &&
    Number(row.needs_bytes) === record.needsBytes &&
    (row.device === record.run.device || row.device === "auto");
  if (!isSame) throw brokenRow();
  return record;
}

interface StepRange {
  readonly from_step: number | null;
  readonly to_step: number | null;
}

function stepsOf(event: NewEvent): StepRange {
  if (event.type === "metrics") return { from_step: event.data.from, to_step: event.data.to };
  if (event.type === "status") return { from_step: null, to_step: null };
  return { from_step: event.data.step, to_step: event.data.step };
}

export interface Position {
  readonly run: string;
  readonly seq: number;
  readonly time: string;
}

export function toEventRow(position: Position, event: NewEvent): EventTable {
  return sealed({
    ...position,
    kind: event.type,
    key: event.key,
    ...stepsOf(event),
    data: JSON.stringify(event.data),
  });
}

export function toEvent(row: Selectable<EventTable>): RunEvent {
  const data = parseDocument<RunEvent["data"]>(intact(row).data);
  return { seq: Number(row.seq), type: row.kind, time: row.time, data } as RunEvent;
}

export function toSweepRow(record: SweepRecord): Row<SweepTable> {
  const { id, version, wanted, fed, total, error } = record;
  const isOpen = fed < total && wanted !== "cancel" && error === null;
  return { id, version, open: Number(isOpen), document: JSON.stringify(record) };
}

export function toNtkRow(record: NtkRecord): Row<NtkTable> {
  const { ntk, first, second } = record;
  const inputsOf = (examples: NtkRecord["second"]): string | null =>
    examples?.source === "inputs" ? examples.digest : null;
  return {
    id: ntk.id,
    open: Number(ntk.status === "queued" || ntk.status === "running"),
    digest: ntk.digest,
    bytes: kernelBytes(ntk.digest, ntk.shape, ntk.dtype),
    first_inputs: inputsOf(first),
    second_inputs: inputsOf(second),
    document: JSON.stringify(record),
  };
}

export function toApiKeyRow(record: ApiKeyRecord): Row<ApiKeyTable> {
  const { key, hash } = record;
  return { id: key.id, hash, document: JSON.stringify(key) };
}

export function toApiKey(row: Selectable<ApiKeyTable>): ApiKeyRecord {
  return { key: documentOf<ApiKeyRecord["key"]>(row), hash: row.hash };
}

export function toUploadRow(upload: UploadRecord): Row<UploadTable> {
  const { id, length, expiresMs } = upload;
  return { id, bytes: length, expires_ms: expiresMs, document: JSON.stringify(upload) };
}

export function toAnswerRow(answer: Answer): Row<AnswerTable> {
  const response = answer.response === null ? null : JSON.stringify(answer.response);
  return { key: answer.key, payload: answer.payload, response, created_ms: answer.createdMs };
}

export function toAnswer(row: Selectable<AnswerTable>): Answer {
  intact(row);
  return {
    key: row.key,
    payload: row.payload,
    response:
      row.response === null ? null : parseDocument<NonNullable<Answer["response"]>>(row.response),
    createdMs: Number(row.created_ms),
  };
}
