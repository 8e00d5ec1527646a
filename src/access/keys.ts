/**
 * API keys: `lnt_<id>_<secret>`, made, rotated, deleted and checked. The secret has 256 bits of
 * randomness, so that one round of SHA-256 is enough: there is nothing to guess that a slow hash
 * would make slower, and a slow one would let strangers keep the processor busy.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ApiKey, ApiKeyRequest, NewApiKey } from "#schemas/api-key.ts";
import { Failure, failAt } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import { type ApiKeyRecord, type Store, usualTenant, type Writer } from "#storage/store.ts";
import { type Caller, isOperator } from "./caller.ts";

const shape = /^lnt_([0-9a-z]{20})_([A-Za-z0-9_-]{43})$/;
const secretBytes = 32;
/** `last_used_at` is not more exact than this, so that using a key seldom writes. */
const touchEveryMs = 60_000;
/** How long the old key works beside the new one, unless the request says. */
const overlapSecondsUsual = 86_400;

export interface KeyContext {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Compared with when there is no such key, so that its absence takes as long. */
const nothing = digestOf("");

interface Parts {
  readonly id: string;
  readonly secret: string;
}

function partsOf(text: string): Parts | undefined {
  const [, rest, secret] = shape.exec(text) ?? [];
  return rest === undefined || secret === undefined ? undefined : { id: `key_${rest}`, secret };
}

/** Whether a text is of the form of a key. */
export function isKey(text: string): boolean {
  return shape.test(text);
}

function isOver(key: ApiKey, nowMs: number): boolean {
  return key.expires_at !== null && Date.parse(key.expires_at) <= nowMs;
}

/** Who a key lets in; undefined when it is unknown, expired or deleted. */
export async function callerOfKey(context: KeyContext, text: string): Promise<Caller | undefined> {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const record = await context.store.read((reader) => reader.apiKey(parts.id));
  const stored = record === undefined ? nothing : Buffer.from(record.hash, "hex");
  const isRight = timingSafeEqual(digestOf(parts.secret), stored);
  if (record === undefined || !isRight || isOver(record.key, context.now())) return undefined;
  touch(context, record);
  const { id, tenant, scopes, expires_at: expires } = record.key;
  return {
    tenant,
    scopes: new Set(scopes),
    name: `key:${id}`,
    key: id,
    expiresMs: expires === null ? null : Date.parse(expires),
  };
}

const touching = new Set<string>();

/** Notes that a key was used. A store in trouble keeps nobody out. */
function touch({ store, now }: KeyContext, { key }: ApiKeyRecord): void {
  const lastMs = key.last_used_at === null ? 0 : Date.parse(key.last_used_at);
  if (now() - lastMs < touchEveryMs || touching.has(key.id)) return;
  touching.add(key.id);
  const last_used_at = new Date(now()).toISOString();
  void store
    .write(async (writer) => {
      const record = await writer.apiKey(key.id);
      if (record === undefined) return;
      await writer.updateApiKey({ ...record, key: { ...record.key, last_used_at } });
    })
    .catch(() => undefined)
    .finally(() => touching.delete(key.id));
}

interface Making {
  readonly request: ApiKeyRequest;
  readonly tenant: string;
  readonly nowMs: number;
}

async function insertNew(
  writer: Writer,
  { request, tenant, nowMs }: Making,
  given?: Parts,
): Promise<NewApiKey> {
  const { id, secret } = given ?? {
    id: newId("key", nowMs),
    secret: randomBytes(secretBytes).toString("base64url"),
  };
  const key: ApiKey = {
    id,
    name: request.name,
    tenant,
    scopes: [...new Set(request.scopes)],
    expires_at: request.expires_at ?? null,
    created_at: new Date(nowMs).toISOString(),
    last_used_at: null,
  };
  await writer.insertApiKey({ key, hash: digestOf(secret).toString("hex") });
  return { ...key, key: `lnt_${id.slice("key_".length)}_${secret}` };
}

/** A new key for any tenant, by whoever has the data folder. Failure `invalid_request`. */
export async function makeKey(
  { store, now }: KeyContext,
  request: ApiKeyRequest,
): Promise<NewApiKey> {
  const { expires_at: expires, tenant = usualTenant } = request;
  if (expires !== undefined && !(Date.parse(expires) > now())) {
    throw failAt("invalid_request", "/expires_at", "must be in the future");
  }
  return store.write((writer) => insertNew(writer, { request, tenant, nowMs: now() }));
}

/** The key that the environment asks for, with the scope admin. Failure `conflict`. */
export async function bootstrapKey({ store, now }: KeyContext, text: string): Promise<boolean> {
  const parts = partsOf(text);
  if (parts === undefined) throw new Failure("invalid_request", "The first key has no key's form.");
  return store.write(async (writer) => {
    const known = await writer.apiKey(parts.id);
    if (known === undefined) {
      const request = { name: "first key", scopes: ["admin" as const] };
      await insertNew(writer, { request, tenant: usualTenant, nowMs: now() }, parts);
      return true;
    }
    if (known.hash === digestOf(parts.secret).toString("hex")) return false;
    const message = "LINNET_BOOTSTRAP_KEY has the id of another key; make it a key of its own.";
    throw new Failure("conflict", message);
  });
}

/** Keys that a caller manages: those of its tenant, or all. */
export function keysOf({ store }: KeyContext, caller: Caller): Store {
  return isOperator(caller) ? store : store.of(caller.tenant);
}

/** A new key. Only the operator makes keys for others. Failure `scope_missing`. */
export async function createKey(
  context: KeyContext,
  caller: Caller,
  request: ApiKeyRequest,
): Promise<NewApiKey> {
  const tenant = request.tenant ?? caller.tenant;
  if (tenant !== caller.tenant && !isOperator(caller)) {
    throw failAt("scope_missing", "/tenant", "Keys of other tenants are made by the operator.");
  }
  return makeKey(context, { ...request, tenant });
}

function unknown(id: string): Failure {
  return new Failure("not_found", `There is no key ${id}.`);
}

/**
 * A new key like an old one, which goes on to work for the overlap and then expires. The new one
 * lives as long as the old one was given. Failure `not_found`, and `conflict` for an expired one.
 */
export function rotateKey(
  { store, now }: KeyContext,
  id: string,
  overlapSeconds: number = overlapSecondsUsual,
): Promise<NewApiKey> {
  const nowMs = now();
  return store.write(async (writer) => {
    const old = await writer.apiKey(id);
    if (old === undefined) throw unknown(id);
    const { key } = old;
    if (isOver(key, nowMs)) throw new Failure("conflict", `Key ${id} has expired; make another.`);
    const endsMs = key.expires_at === null ? null : Date.parse(key.expires_at);
    const overMs = Math.min(nowMs + overlapSeconds * 1000, endsMs ?? Number.POSITIVE_INFINITY);
    const expires_at = new Date(overMs).toISOString();
    await writer.updateApiKey({ ...old, key: { ...key, expires_at } });
    const lifeMs = endsMs === null ? null : endsMs - Date.parse(key.created_at);
    const request = {
      name: key.name,
      scopes: key.scopes,
      ...(lifeMs === null ? {} : { expires_at: new Date(nowMs + lifeMs).toISOString() }),
    };
    return insertNew(writer, { request, tenant: key.tenant, nowMs });
  });
}

/** Ends a key at once. Failure `not_found`. */
export function deleteKey({ store }: KeyContext, id: string): Promise<void> {
  return store.write(async (writer) => {
    if ((await writer.apiKey(id)) === undefined) throw unknown(id);
    await writer.deleteApiKey(id);
  });
}
