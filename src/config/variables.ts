/** Every variable of the environment that Linnet reads: its default, its range and its meaning. */
import { availableParallelism, totalmem } from "node:os";
import Type, { type Static } from "typebox";
import { oneOf } from "#schemas/values.ts";
import { failpointsPattern } from "#src/failpoints.ts";
import { s3AddressPattern } from "#storage/s3-address.ts";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** Share of the machine's memory that all trainers together may plan for, unless told. */
const memoryShare = 0.7;
/** More trainers than this divide memory too finely to be a good guess. */
const trainersUsual = 4;

const range = ([minimum, maximum]: readonly [number, number], description: string) =>
  ({ type: "integer", minimum, maximum, description }) as const;

const whole = <T extends number | undefined>(
  of: readonly [number, number],
  value: T,
  description: string,
) =>
  Type.Unsafe<T extends number ? number : number | undefined>({
    ...range(of, description),
    ...(value === undefined ? {} : { default: value }),
  });

const origins = "^(https?://[^,/ ]+(, *https?://[^,/ ]+)*)?$";

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
  LINNET_AUTH: Type.Unsafe<"none" | "keys">({
    ...oneOf(
      ["none", "keys"],
      "Who may use the service: anybody who can connect, or who has a key.",
    ),
    default: "none",
  }),
  LINNET_BOOTSTRAP_KEY: Type.String({
    default: "",
    pattern: "^(lnt_[0-9a-z]{20}_[A-Za-z0-9_-]{43})?$",
    examples: ["lnt_<id>_<secret>, as `linnet keys create` prints one"],
    description: "A first key with the scope admin, made at the start unless it is there.",
  }),
  LINNET_OIDC_ISSUER: Type.String({
    default: "",
    pattern: "^(https?://[^ ]+)?$",
    examples: ["https://login.example.org/realms/lab"],
    description: "Issuer of OpenID Connect tokens that are accepted beside keys.",
  }),
  LINNET_OIDC_AUDIENCE: Type.String({
    default: "",
    description: "Audience that those tokens must name; needed with an issuer.",
  }),
  LINNET_OIDC_TENANT_CLAIM: Type.String({
    minLength: 1,
    default: "tenant",
    description: "Claim of those tokens that says whose resources they are for.",
  }),
  LINNET_OIDC_SCOPE_CLAIM: Type.String({
    minLength: 1,
    default: "scope",
    description: "Claim of those tokens that lists scopes, by spaces or as an array.",
  }),
  LINNET_DATA_DIR: Type.String({
    minLength: 1,
    default: "./data",
    description: "Folder of the store and the artifacts.",
  }),
  LINNET_ARTIFACTS: Type.String({
    default: "",
    pattern: s3AddressPattern,
    examples: ["s3://bucket/prefix?region=eu-central-1"],
    description:
      "Where data sets, weights and kernels are kept: in S3, with &endpoint=https://… on a server " +
      "of your own; in the data folder unless told.",
  }),
  LINNET_DATABASE_URL: Type.String({
    default: "",
    pattern: "^(postgres(ql)?://.+)?$",
    examples: ["postgres://linnet:secret@db.example.org/linnet"],
    description:
      "PostgreSQL database that several replicas share; a file in the data folder unless told.",
  }),
  LINNET_DATABASE_CONNECTIONS: whole(
    [2, 500],
    10,
    "Connections to that database that this process may hold, beside the one for wake-ups.",
  ),
  LINNET_DATABASE_LISTEN: Type.Boolean({
    default: true,
    description:
      "Hear at once of what other processes change in that database. Without it this one looks " +
      "each second or two, which spares a database of very many workers.",
  }),
  LINNET_ROLE: Type.Unsafe<"api" | "worker" | "both">({
    ...oneOf(
      ["api", "worker", "both"],
      "What this replica does: answers requests, trains, or both. api needs a database that is " +
        "shared.",
    ),
    default: "both",
  }),
  LINNET_WORKER_ID: Type.String({
    default: "",
    pattern: "^[A-Za-z0-9._-]{0,100}$",
    examples: ["gpu-node-3"],
    description:
      "Name of this worker among those of a shared database; no two may have the same. One that " +
      "starts again under its name takes its runs back at once. The host's and a new part unless " +
      "told.",
  }),
  LINNET_LEASE_MS: whole(
    [1000, 3_600_000],
    45_000,
    "Milliseconds after which the runs of a worker that is silent go to others, with a shared " +
      "database.",
  ),
  LINNET_LOG_LEVEL: Type.Unsafe<string>({
    ...oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "Least level logged."),
    default: "info",
  }),
  LINNET_TRAINERS_MAX: whole(
    [1, 64],
    Math.min(trainersUsual, availableParallelism()),
    "Runs that train at the same time; one a core, at most four, unless told.",
  ),
  LINNET_TRAINERS_PER_GPU: whole(
    [1, 16],
    4,
    "Small runs that share a GPU, each of at most that part of its memory by estimate; a larger " +
      "one has it alone.",
  ),
  LINNET_PREEMPT_AFTER_MS: whole(
    [0, 86_400_000],
    60_000,
    "Milliseconds that a run waits before others of lower priority save and give way to it; 0 " +
      "for never.",
  ),
  LINNET_THREADS_PER_TRAINER: whole(
    [1, 1024],
    undefined,
    "CPU threads of each trainer; an equal share of the machine's cores unless told.",
  ),
  LINNET_MEMORY_BYTES_MAX: whole(
    [64 * mebibyte, 2 ** 50],
    Math.max(64 * mebibyte, Math.floor(totalmem() * memoryShare)),
    "Bytes that all trainers together may plan for; 70 % of the machine's memory unless told.",
  ),
  LINNET_QUEUE_MAX: whole([1, 1_000_000], 1000, "Runs that may wait; more are refused."),
  LINNET_BODY_BYTES_MAX: whole([1024, gibibyte], 8 * mebibyte, "Largest JSON body in bytes."),
  LINNET_BODIES_BYTES_MAX: whole(
    [1024, 64 * gibibyte],
    undefined,
    "Bytes of JSON bodies that may be there at once, beyond 64 KiB of each; 256 MiB unless told.",
  ),
  LINNET_UPLOAD_BYTES_MAX: whole([1024, 2 ** 44], gibibyte, "Largest upload in bytes."),
  LINNET_DISK_BYTES_FREE_MIN: whole(
    [0, 2 ** 44],
    256 * mebibyte,
    "Bytes that must stay free in the data folder; with less the service is not ready.",
  ),
  LINNET_ALLOWED_ORIGINS: Type.String({
    default: "",
    pattern: origins,
    examples: ["https://example.org"],
    description:
      "Web origins beside the service's own that may use it from a browser, separated by commas.",
  }),
  LINNET_ALLOWED_HOSTS: Type.String({
    default: "",
    pattern: "^([^,/ ]+(, *[^,/ ]+)*)?$",
    examples: ["linnet.example.org"],
    description:
      "Host names that requests may name, by commas; on a loopback address this machine's alone " +
      "unless told, elsewhere any.",
  }),
  LINNET_TRUSTED_PROXIES: Type.String({
    default: "",
    pattern: "^([0-9a-fA-F.:/]+(, *[0-9a-fA-F.:/]+)*)?$",
    examples: ["10.0.0.0/8"],
    description: "Addresses or networks of proxies whose X-Forwarded-For is believed, by commas.",
  }),
  LINNET_REQUESTS_PER_MINUTE: whole(
    [0, 10_000_000],
    undefined,
    "Requests of one key in a minute, and a quarter of those of one address; 0 is no limit. 6000 " +
      "unless told, no limit with LINNET_AUTH=none.",
  ),
  LINNET_CONNECTIONS_PER_ADDRESS_MAX: whole(
    [1, 1_000_000],
    undefined,
    "Connections of one address at the same time; half of all unless told, trusted proxies apart.",
  ),
  LINNET_TENANT_QUEUE_MAX: whole([1, 1_000_000], undefined, "Quota: runs of one tenant that wait."),
  LINNET_TENANT_RUNS_MAX: whole([1, 64], undefined, "Quota: runs of one tenant that train."),
  LINNET_TENANT_BYTES_MAX: whole(
    [0, 2 ** 50],
    undefined,
    "Quota: bytes that one tenant stores, looked at when more is asked for.",
  ),
  LINNET_TENANT_STREAMS_MAX: whole(
    [1, 1_000_000],
    500,
    "Quota: streams of one tenant at the same time.",
  ),
  LINNET_UPLOAD_TTL_MS: whole(
    [60_000, 2_592_000_000],
    86_400_000,
    "Milliseconds for which an unfinished or unused upload is kept.",
  ),
  LINNET_RETENTION_DAYS: whole(
    [1, 36_500],
    undefined,
    "Days after which runs that have ended are deleted; none are unless told.",
  ),
  LINNET_METRICS_HOST: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "Address on which metrics are served, apart from the service.",
  }),
  LINNET_METRICS_PORT: whole(
    [0, 65_535],
    undefined,
    "Port of /metrics for Prometheus; 0 picks one and logs it. None is opened unless told.",
  ),
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
  LINNET_TFJS: Type.Unsafe<"auto" | "node-gpu" | "node" | "wasm" | "cpu">({
    ...oneOf(
      ["auto", "node-gpu", "node", "wasm", "cpu"],
      "Package of TensorFlow.js that the engine tfjs uses; the best that loads unless told.",
    ),
    default: "auto",
  }),
  LINNET_TF32: Type.Boolean({
    default: false,
    description:
      "Let GPUs round the factors of float32 products to TensorFloat-32: faster, 10 bits.",
  }),
  LINNET_FAILPOINTS: Type.String({
    default: "",
    pattern: failpointsPattern,
    examples: ["before_commit:0.01"],
    description:
      "Only for campaigns against Linnet itself: places at which a process is killed, and how " +
      "likely.",
  }),
} as const;

/** The value of each variable. */
export type Settings = {
  readonly [K in keyof typeof variables]: Static<(typeof variables)[K]>;
};
