/**
 * `linnet keys`: makes, lists, rotates and deletes keys. With an address over the admin API, else
 * in the data folder itself, which is how the first key comes about; a running service sees it.
 */
import { connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import { CommandError, type Ending } from "#cli/exit.ts";
import { nothing, showAge } from "#cli/show/numbers.ts";
import { paintFor } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";
import type { ApiKey, ApiKeyRequest, NewApiKey, Scope } from "#schemas/api-key.ts";
import { deleteKey, type KeyContext, makeKey, rotateKey } from "#src/access/keys.ts";
import { readConfig } from "#src/config.ts";
import { Failure } from "#src/failure.ts";

export interface KeysOptions extends Everywhere {
  readonly data?: string;
}

export interface NewKeyOptions extends KeysOptions {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly tenant?: string;
  /** Seconds. */
  readonly expires?: number;
}

/** Keys that one listing shows; there are seldom so many. */
const listedMax = 200;

interface Keys {
  create(request: ApiKeyRequest): Promise<NewApiKey>;
  list(): Promise<readonly ApiKey[]>;
  rotate(id: string, overlapSeconds: number): Promise<NewApiKey>;
  delete(id: string): Promise<void>;
}

function keysIn(context: KeyContext): Keys {
  return {
    create: (request) => makeKey(context, request),
    list: async () => {
      const page = await context.store.read((reader) => reader.apiKeys({ limit: listedMax }));
      return page.rows.map(({ key }) => key);
    },
    rotate: (id, overlapSeconds) => rotateKey(context, id, overlapSeconds),
    delete: (id) => deleteKey(context, id),
  };
}

/** Does something with the keys of a service or of a data folder. */
async function withKeys<T>(
  context: Context,
  options: KeysOptions,
  act: (keys: Keys) => Promise<T>,
): Promise<T> {
  const { settings, environment } = context;
  if (options.data === undefined && (options.url ?? settings.url) !== undefined) {
    await using connection = connect(context, options);
    const { api } = connection;
    return await act({
      create: (request) => api.createKey(request),
      list: async () => (await api.keys({ limit: listedMax })).data,
      rotate: (id, overlap_seconds) => api.rotateKey(id, { overlap_seconds }),
      delete: (id) => api.deleteKey(id),
    });
  }
  const { openStoreOf } = await import("#src/service.ts");
  const config = readConfig({
    ...environment,
    ...(options.data === undefined ? {} : { LINNET_DATA_DIR: options.data }),
  });
  await using store = await openStoreOf(config);
  try {
    return await act(keysIn({ store, now: Date.now }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, errors } = error;
    throw new CommandError("usage", `Refused (${error.code})`, { message, errors });
  }
}

function say({ terminal }: Context, made: NewApiKey, options: Everywhere): Ending {
  if (options.json === true) terminal.out(`${JSON.stringify(made)}\n`);
  else {
    terminal.err(`${made.id}: keep the key now, it is not shown again.\n`);
    terminal.out(`${made.key}\n`);
  }
  return "ok";
}

export async function createKeys(context: Context, options: NewKeyOptions): Promise<Ending> {
  const { name, scopes, tenant, expires } = options;
  const expires_at =
    expires === undefined
      ? undefined
      : new Date(context.terminal.now() + expires * 1000).toISOString();
  const request: ApiKeyRequest = {
    name,
    scopes: [...scopes],
    ...(tenant === undefined ? {} : { tenant }),
    ...(expires_at === undefined ? {} : { expires_at }),
  };
  const made = await withKeys(context, options, (keys) => keys.create(request));
  return say(context, made, options);
}

export async function listKeys(context: Context, options: KeysOptions): Promise<Ending> {
  const { terminal } = context;
  const found = await withKeys(context, options, (keys) => keys.list());
  if (options.json === true) {
    for (const key of found) terminal.out(`${JSON.stringify(key)}\n`);
    return "ok";
  }
  const titles = ["key", "name", "tenant", "scopes", "used", "expires"];
  const now = terminal.now();
  const rows = found.map((key) => [
    key.id,
    key.name,
    key.tenant,
    key.scopes.join(" "),
    key.last_used_at === null ? nothing : showAge(key.last_used_at, now),
    key.expires_at ?? nothing,
  ]);
  const columns = titles.map((title) => ({ title }));
  terminal.out(table(columns, rows, paintFor(terminal.colour)));
  return "ok";
}

export async function rotateKeys(
  context: Context,
  id: string,
  options: KeysOptions & { readonly overlap: number },
): Promise<Ending> {
  const made = await withKeys(context, options, (keys) => keys.rotate(id, options.overlap));
  return say(context, made, options);
}

export async function deleteKeys(
  context: Context,
  id: string,
  options: KeysOptions,
): Promise<Ending> {
  await withKeys(context, options, (keys) => keys.delete(id));
  if (options.json !== true) context.terminal.err(`${id} is ended.\n`);
  return "ok";
}
