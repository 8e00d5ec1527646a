/**
 * How often one address or one key may ask, counted in windows of a minute, and the fields of the
 * answer that say so (draft-ietf-httpapi-ratelimit-headers).
 */
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Backing } from "#api/backing.ts";
import { Failure } from "#src/failure.ts";
import { knownCaller } from "./caller.ts";

const windowMs = 60_000;
/** Addresses and keys that are counted at the same time; the longest unseen are forgotten. */
const countedMax = 50_000;
/** An address may ask for several keys: programs behind one gateway share it. */
const keysPerAddress = 4;

/** All that is asked of the server. */
type Counted = Pick<FastifyInstance, "createRateLimit" | "register">;
type Check = ReturnType<FastifyInstance["createRateLimit"]>;

/** Counts one request; refuses with `rate_limited`. */
export type Count = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface Rates {
  /** Before anything else is done for a request. */
  readonly ofAddress: Count;
  /** Once it is known who asks. */
  readonly ofCaller: Count;
}

const free: Rates = { ofAddress: async () => {}, ofCaller: async () => {} };

function addField(reply: FastifyReply, name: string, value: string): void {
  const before = reply.getHeader(name);
  void reply.header(name, before === undefined ? value : `${before}, ${value}`);
}

const counting =
  (policy: string, check: Check): Count =>
  async (request, reply) => {
    const counted = await check(request);
    if (counted.isAllowed) return;
    const { max, remaining, ttlInSeconds } = counted;
    addField(reply, "ratelimit-policy", `"${policy}";q=${max};w=${windowMs / 1000}`);
    addField(reply, "ratelimit", `"${policy}";r=${remaining};t=${ttlInSeconds}`);
    if (!counted.isExceeded) return;
    throw new Failure("rate_limited", `At most ${max} requests a minute are answered here.`, {
      retryAfterSeconds: Math.max(1, ttlInSeconds),
    });
  };

/** Injected requests have no address: they share one count. */
const addressOf = (request: FastifyRequest): string => networkOf(request.ip ?? "none");

/** Whoever has one IPv6 address has 2⁶⁴ of them: they count as one. */
function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const before = head.split(":").filter((group) => group !== "");
  if (tail === undefined) return before.slice(0, 4).join(":");
  const after = tail.split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}

export async function addRates(app: Counted, { config }: Pick<Backing, "config">): Promise<Rates> {
  const { requestsPerMinute: max } = config;
  if (max === 0) return free;
  await app.register(rateLimit, { global: false, cache: countedMax, timeWindow: windowMs });
  const ofAddress = app.createRateLimit({
    max: max * keysPerAddress,
    timeWindow: windowMs,
    keyGenerator: (request) => `address ${addressOf(request)}`,
  });
  const ofCaller = app.createRateLimit({
    max,
    timeWindow: windowMs,
    keyGenerator: (request) => `caller ${knownCaller(request)?.name ?? addressOf(request)}`,
  });
  return { ofAddress: counting("address", ofAddress), ofCaller: counting("caller", ofCaller) };
}
