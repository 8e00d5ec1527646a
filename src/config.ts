/**
 * The only reader of the environment, and the Config that it becomes. What each variable may be
 * stands in config/variables.ts; nothing here acts on a setting.
 */
import { randomBytes } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import { resolve } from "node:path";
import type { TSchema } from "typebox";
import Value from "typebox/value";
import { s3AddressOf } from "#storage/s3-address.ts";
import { accessOf, openDoorFault } from "./config/doors.ts";
import { type Settings, variables } from "./config/variables.ts";
import { type Failpoint, failpointOf } from "./failpoints.ts";

type Variable = keyof typeof variables;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Who else issues tokens, and what their claims are called. */
export interface OidcConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantClaim: string;
  readonly scopeClaim: string;
}

/** Of each tenant; null for none. */
export interface QuotaConfig {
  readonly queuedMax: number | null;
  readonly runsMax: number | null;
  readonly bytesMax: number | null;
  readonly streamsMax: number;
}

/** A PostgreSQL database that replicas share. */
export interface DatabaseConfig {
  readonly url: string;
  readonly connectionsMax: number;
  /** Whether wake-ups of other processes are heard; else this one looks from time to time. */
  readonly listens?: boolean;
}

/** What this replica is among others. */
export interface WorkerConfig {
  readonly role: "api" | "worker" | "both";
  readonly id: string;
  /** How long a run is its own without a renewal. */
  readonly leaseMs: number;
}

/** What the service is told from outside. Sizes in bytes, times in milliseconds. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly insecure: boolean;
  readonly auth: "none" | "keys";
  /** A key that is to be there, or null. */
  readonly bootstrapKey: string | null;
  readonly oidc: OidcConfig | null;
  readonly dataDir: string;
  /** `s3://…`, or empty for the data folder. */
  readonly artifacts: string;
  /** Null for the embedded store in the data folder. */
  readonly database: DatabaseConfig | null;
  readonly worker: WorkerConfig;
  readonly logLevel: string;
  readonly trainersMax: number;
  readonly trainersPerGpu: number;
  /** Null for never. */
  readonly preemptAfterMs: number | null;
  readonly threadsPerTrainer: number;
  readonly memoryBytesMax: number;
  readonly queueMax: number;
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
  readonly uploadBytesMax: number;
  readonly diskBytesFreeMin: number;
  readonly allowedOrigins: readonly string[];
  /** Lower case, without port; null for any. */
  readonly allowedHosts: readonly string[] | null;
  readonly trustedProxies: readonly string[];
  /** 0 for no limit. */
  readonly requestsPerMinute: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly quota: QuotaConfig;
  readonly uploadTtlMs: number;
  readonly retentionDays: number | null;
  readonly metricsHost: string;
  /** Null for none. */
  readonly metricsPort: number | null;
  readonly requestTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly streamStallMs: number;
  readonly drainMs: number;
  /** Has this process killed at named places; undefined but for campaigns. */
  readonly failpoint?: Failpoint | undefined;
  /** The whole environment, of which trainers are given a part. */
  readonly environment: Environment;
}

/** One or more variables that cannot be used; the message lists all of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What a JSON schema of one variable says. */
interface Rule extends TSchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly examples?: readonly string[];
}

/** The value that a text stands for: numbers and booleans as written in JSON, else the text. */
function parse({ type }: Rule, text: string): unknown {
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (type === "integer" && /^-?\d+$/.test(text)) return Number(text);
  return text;
}

function wants(schema: Rule): string {
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "integer")
    return `a whole number from ${schema.minimum} to ${schema.maximum}`;
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(", ")}`;
  return schema.pattern === undefined ? "not be empty" : `like ${schema.examples?.[0]}`;
}

function readSettings(environment: Environment): Settings {
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(
    variables as unknown as Readonly<Record<Variable, Rule>>,
  )) {
    const text = environment[name]?.trim();
    const isAbsent = text === undefined || text === "";
    const value = isAbsent ? schema.default : parse(schema, text);
    if (isAbsent && value === undefined) continue;
    if (!Value.Check(schema, value)) {
      faults.push(`${name} is ${JSON.stringify(text)} and must be ${wants(schema)}`);
    }
    settings[name] = value;
  }
  if (faults.length > 0)
    throw new ConfigError(`The environment is wrong:\n  ${faults.join("\n  ")}`);
  return settings as Settings;
}

/** What the pattern cannot tell: an endpoint that is no address, a number that is none. */
function artifactsOf({ LINNET_ARTIFACTS: address }: Settings): string {
  if (address === "" || s3AddressOf(address) !== null) return address;
  throw new ConfigError(
    "The environment is wrong:\n  LINNET_ARTIFACTS needs an endpoint like https://host:port, " +
      "path_style true or false, and copies_bytes a whole number from 1048576",
  );
}

function quotaOf(settings: Settings): QuotaConfig {
  return {
    queuedMax: settings.LINNET_TENANT_QUEUE_MAX ?? null,
    runsMax: settings.LINNET_TENANT_RUNS_MAX ?? null,
    bytesMax: settings.LINNET_TENANT_BYTES_MAX ?? null,
    streamsMax: settings.LINNET_TENANT_STREAMS_MAX,
  };
}

function databaseOf(settings: Settings): DatabaseConfig | null {
  const { LINNET_DATABASE_URL: url, LINNET_DATABASE_CONNECTIONS: connectionsMax } = settings;
  return url === "" ? null : { url, connectionsMax, listens: settings.LINNET_DATABASE_LISTEN };
}

/** Nobody takes over from the one process of an embedded store, but that process started again. */
const embeddedWorker = { role: "both", id: "embedded", leaseMs: 86_400_000 } as const;

function workerOf(settings: Settings): WorkerConfig {
  const { LINNET_ROLE: role, LINNET_WORKER_ID: id, LINNET_LEASE_MS: leaseMs } = settings;
  if (settings.LINNET_DATABASE_URL !== "") {
    const usual = `${hostname()}-${randomBytes(4).toString("hex")}`;
    return { role, id: id === "" ? usual : id, leaseMs };
  }
  if (role === "both") return embeddedWorker;
  throw new ConfigError(
    `LINNET_ROLE is ${role}: replicas need a store that they share; set LINNET_DATABASE_URL`,
  );
}

const bodiesBytesUsual = 256 * 2 ** 20;

/** One body must fit, or none of its size is ever read. */
function bodiesBytesMaxOf(settings: Settings): number {
  const one = settings.LINNET_BODY_BYTES_MAX;
  const all = settings.LINNET_BODIES_BYTES_MAX ?? Math.max(one, bodiesBytesUsual);
  if (all >= one) return all;
  throw new ConfigError(
    `LINNET_BODIES_BYTES_MAX is ${all}: one body may have ${one} bytes (LINNET_BODY_BYTES_MAX)`,
  );
}

/** A single run has its share too: its numbers do not depend on who else trains. */
function threadsOf(settings: Settings): number {
  const share = Math.floor(availableParallelism() / settings.LINNET_TRAINERS_MAX);
  return settings.LINNET_THREADS_PER_TRAINER ?? Math.max(1, share);
}

/**
 * The configuration that an environment asks for. Throws ConfigError naming every variable at
 * fault, and when the service would be open to other machines without keys or
 * `LINNET_INSECURE=true`.
 */
export function readConfig(environment: Environment = process.env): Config {
  const settings = readSettings(environment);
  const fault = openDoorFault(settings);
  if (fault !== undefined) throw new ConfigError(fault);
  const connectionsMax = settings.LINNET_CONNECTIONS_MAX;
  return {
    ...accessOf(settings),
    host: settings.LINNET_HOST,
    port: settings.LINNET_PORT,
    dataDir: resolve(settings.LINNET_DATA_DIR),
    artifacts: artifactsOf(settings),
    database: databaseOf(settings),
    worker: workerOf(settings),
    logLevel: settings.LINNET_LOG_LEVEL,
    trainersMax: settings.LINNET_TRAINERS_MAX,
    trainersPerGpu: settings.LINNET_TRAINERS_PER_GPU,
    preemptAfterMs: settings.LINNET_PREEMPT_AFTER_MS || null,
    threadsPerTrainer: threadsOf(settings),
    memoryBytesMax: settings.LINNET_MEMORY_BYTES_MAX,
    queueMax: settings.LINNET_QUEUE_MAX,
    bodyBytesMax: settings.LINNET_BODY_BYTES_MAX,
    bodiesBytesMax: bodiesBytesMaxOf(settings),
    uploadBytesMax: settings.LINNET_UPLOAD_BYTES_MAX,
    diskBytesFreeMin: settings.LINNET_DISK_BYTES_FREE_MIN,
    connectionsMax,
    connectionsPerAddressMax:
      settings.LINNET_CONNECTIONS_PER_ADDRESS_MAX ?? Math.ceil(connectionsMax / 2),
    quota: quotaOf(settings),
    uploadTtlMs: settings.LINNET_UPLOAD_TTL_MS,
    retentionDays: settings.LINNET_RETENTION_DAYS ?? null,
    metricsHost: settings.LINNET_METRICS_HOST,
    metricsPort: settings.LINNET_METRICS_PORT ?? null,
    requestTimeoutMs: settings.LINNET_REQUEST_TIMEOUT_MS,
    heartbeatMs: settings.LINNET_HEARTBEAT_MS,
    streamStallMs: settings.LINNET_STREAM_STALL_MS,
    drainMs: settings.LINNET_DRAIN_MS,
    failpoint: failpointOf(settings.LINNET_FAILPOINTS),
    environment,
  };
}

/** Of a service inside a command: it needs no keys, and nobody else is to find it. */
const embedded = {
  LINNET_HOST: "127.0.0.1",
  LINNET_PORT: "0",
  LINNET_AUTH: "none",
  LINNET_OIDC_ISSUER: "",
  LINNET_METRICS_PORT: "",
  LINNET_DATABASE_URL: "",
  LINNET_ROLE: "both",
};

/** The configuration of a service that a command starts inside itself, for this machine alone. */
export function readEmbeddedConfig(environment: Environment = process.env): Config {
  return readConfig({ ...environment, ...embedded });
}

/** What the command line reads of the environment. */
export interface ClientSettings {
  /** LINNET_URL: the service that commands talk to. */
  readonly url: string | undefined;
  /** LINNET_API_KEY: sent with every request. */
  readonly apiKey?: string | undefined;
  /** Where a service listens that was started here with the same environment. */
  readonly usualUrl: string;
  /** NO_COLOR (https://no-color.org): not empty means no colours. */
  readonly colour: "auto" | "never";
}

export function readClientSettings(environment: Environment = process.env): ClientSettings {
  const url = environment["LINNET_URL"]?.trim();
  const port = parse({ type: "integer" }, environment["LINNET_PORT"]?.trim() ?? "");
  const usualPort = Value.Check(variables.LINNET_PORT, port) && port !== 0 ? port : 8080;
  return {
    url: url === undefined || url === "" ? undefined : url,
    apiKey: environment["LINNET_API_KEY"]?.trim() || undefined,
    usualUrl: `http://127.0.0.1:${usualPort}`,
    colour: (environment["NO_COLOR"] ?? "") === "" ? "auto" : "never",
  };
}

/** The environment as it is, for a command that starts a service with some of it changed. */
export function processEnvironment(): Environment {
  return process.env;
}
