/**
 * The only reader of the environment: every variable with its default, range and meaning, and the
 * Config that they become. Nothing here acts on a setting.
 */
import { availableParallelism, totalmem } from "node:os";
import { resolve } from "node:path";
import Type, { type Static, type TSchema } from "typebox";
import Value from "typebox/value";
import { oneOf } from "#schemas/values.ts";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** Share of the machine's memory that all trainers together may plan for, unless told. */
const memoryShare = 0.7;

const whole = (range: readonly [number, number], value: number, description: string) =>
  Type.Integer({ minimum: range[0], maximum: range[1], default: value, description });

/** Variable → what it may be. Key order is the order of the documentation. */
export const variables = {
  LINNET_HOST: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "Address to listen on.",
  }),
  LINNET_PORT: whole([0, 65_535], 8080, "Port to listen on; 0 picks a free one and logs it."),
  LINNET_INSECURE: Type.Boolean({
    default: false,
    description: "Serve beyond this machine without authentication: anybody who can connect may.",
  }),
  LINNET_DATA_DIR: Type.String({
    minLength: 1,
    default: "./data",
    description: "Folder of the store and the artifacts.",
  }),
  LINNET_LOG_LEVEL: Type.Unsafe<string>({
    ...oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "Least level logged."),
    default: "info",
  }),
  LINNET_TRAINERS_MAX: whole([1, 64], 1, "Runs that train at the same time."),
  LINNET_THREADS_PER_TRAINER: whole(
    [1, 1024],
    availableParallelism(),
    "CPU threads of each trainer; the machine's number of cores unless told.",
  ),
  LINNET_MEMORY_BYTES_MAX: whole(
    [64 * mebibyte, 2 ** 50],
    Math.max(64 * mebibyte, Math.floor(totalmem() * memoryShare)),
    "Bytes that all trainers together may plan for; 70 % of the machine's memory unless told.",
  ),
  LINNET_QUEUE_MAX: whole([1, 1_000_000], 1000, "Runs that may wait; more are refused."),
  LINNET_BODY_BYTES_MAX: whole([1024, gibibyte], 8 * mebibyte, "Largest JSON body in bytes."),
  LINNET_UPLOAD_BYTES_MAX: whole([1024, 2 ** 44], gibibyte, "Largest upload in bytes."),
  LINNET_DISK_BYTES_FREE_MIN: whole(
    [0, 2 ** 44],
    256 * mebibyte,
    "Bytes that must stay free in the data folder; with less the service is not ready.",
  ),
  LINNET_ALLOWED_ORIGINS: Type.String({
    default: "",
    pattern: "^(https?://[^,/ ]+(, *https?://[^,/ ]+)*)?$",
    description:
      "Web origins beside the service's own that may use it from a browser, separated by commas.",
  }),
  LINNET_CONNECTIONS_MAX: whole([1, 1_000_000], 2000, "Connections open at the same time."),
  LINNET_REQUEST_TIMEOUT_MS: whole(
    [1000, 86_400_000],
    300_000,
    "Milliseconds in which a whole request must arrive, uploads included.",
  ),
  LINNET_HEARTBEAT_MS: whole([100, 55_000], 25_000, "Milliseconds between heartbeats of a stream."),
  LINNET_STREAM_STALL_MS: whole(
    [100, 600_000],
    10_000,
    "Milliseconds for which a stream's reader may take nothing before it is closed with 4008.",
  ),
  LINNET_DRAIN_MS: whole(
    [0, 3_600_000],
    30_000,
    "Milliseconds that SIGTERM leaves to running trainers to save a checkpoint.",
  ),
} as const;

type Variable = keyof typeof variables;
type Settings = { readonly [K in Variable]: Static<(typeof variables)[K]> };

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the service is told from outside. Sizes in bytes, times in milliseconds. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly insecure: boolean;
  readonly dataDir: string;
  readonly logLevel: string;
  readonly trainersMax: number;
  readonly threadsPerTrainer: number;
  readonly memoryBytesMax: number;
  readonly queueMax: number;
  readonly bodyBytesMax: number;
  readonly uploadBytesMax: number;
  readonly diskBytesFreeMin: number;
  readonly allowedOrigins: readonly string[];
  readonly connectionsMax: number;
  readonly requestTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly streamStallMs: number;
  readonly drainMs: number;
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
  return schema.pattern === undefined ? "not be empty" : "origins such as https://example.org";
}

function readSettings(environment: Environment): Settings {
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(
    variables as unknown as Readonly<Record<Variable, Rule>>,
  )) {
    const text = environment[name]?.trim();
    const value = text === undefined || text === "" ? schema.default : parse(schema, text);
    if (!Value.Check(schema, value)) {
      faults.push(`${name} is ${JSON.stringify(text)} and must be ${wants(schema)}`);
    }
    settings[name] = value;
  }
  if (faults.length > 0)
    throw new ConfigError(`The environment is wrong:\n  ${faults.join("\n  ")}`);
  return settings as Settings;
}

/** True for an address that only this machine can reach. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The configuration that an environment asks for. Throws ConfigError naming every variable at
 * fault, and when the service would be open to other machines without `LINNET_INSECURE=true`.
 */
export function readConfig(environment: Environment = process.env): Config {
  const settings = readSettings(environment);
  if (!isLoopback(settings.LINNET_HOST) && !settings.LINNET_INSECURE) {
    throw new ConfigError(
      `LINNET_HOST is ${JSON.stringify(settings.LINNET_HOST)}: other machines could connect, and ` +
        "there is no authentication; set LINNET_INSECURE=true where the network keeps others out",
    );
  }
  return {
    host: settings.LINNET_HOST,
    port: settings.LINNET_PORT,
    insecure: settings.LINNET_INSECURE,
    dataDir: resolve(settings.LINNET_DATA_DIR),
    logLevel: settings.LINNET_LOG_LEVEL,
    trainersMax: settings.LINNET_TRAINERS_MAX,
    threadsPerTrainer: settings.LINNET_THREADS_PER_TRAINER,
    memoryBytesMax: settings.LINNET_MEMORY_BYTES_MAX,
    queueMax: settings.LINNET_QUEUE_MAX,
    bodyBytesMax: settings.LINNET_BODY_BYTES_MAX,
    uploadBytesMax: settings.LINNET_UPLOAD_BYTES_MAX,
    diskBytesFreeMin: settings.LINNET_DISK_BYTES_FREE_MIN,
    allowedOrigins: settings.LINNET_ALLOWED_ORIGINS.split(/, */).filter((origin) => origin !== ""),
    connectionsMax: settings.LINNET_CONNECTIONS_MAX,
    requestTimeoutMs: settings.LINNET_REQUEST_TIMEOUT_MS,
    heartbeatMs: settings.LINNET_HEARTBEAT_MS,
    streamStallMs: settings.LINNET_STREAM_STALL_MS,
    drainMs: settings.LINNET_DRAIN_MS,
    environment,
  };
}

/** The configuration of a service that a command starts inside itself, for this machine alone. */
export function readEmbeddedConfig(environment: Environment = process.env): Config {
  return readConfig({ ...environment, LINNET_HOST: "127.0.0.1", LINNET_PORT: "0" });
}

/** What the command line reads of the environment. */
export interface ClientSettings {
  /** LINNET_URL: the service that commands talk to. */
  readonly url: string | undefined;
  /** Where a service listens that was started here with the same environment. */
  readonly usualUrl: string;
  /** NO_COLOR (https://no-color.org): not empty means no colours. */
  readonly colour: "auto" | "never";
}

export function readClientSettings(environment: Environment = process.env): ClientSettings {
  const url = environment["LINNET_URL"]?.trim();
  const port = parse(variables.LINNET_PORT, environment["LINNET_PORT"]?.trim() ?? "");
  const usualPort = Value.Check(variables.LINNET_PORT, port) && port !== 0 ? port : 8080;
  return {
    url: url === undefined || url === "" ? undefined : url,
    usualUrl: `http://127.0.0.1:${usualPort}`,
    colour: (environment["NO_COLOR"] ?? "") === "" ? "auto" : "never",
  };
}

/** The environment as it is, for a command that starts a service with some of it changed. */
export function processEnvironment(): Environment {
  return process.env;
}
