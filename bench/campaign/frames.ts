/**
 * Frames for the stream, made from the schemas of openapi/asyncapi.json: valid ones must be
 * answered as documented, invalid ones with an error frame and close code 4400.
 */
import { readFileSync } from "node:fs";
import Compile from "typebox/compile";
import { WebSocket } from "ws";
import { ClientFrame, ServerFrame } from "#schemas/stream.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { KillClient } from "./kill-client.ts";
import { type FigureRow, none } from "./report.ts";
import type { Server } from "./server.ts";
import { definition, generator } from "./settings.ts";

export interface FrameOptions {
  readonly server: Server;
  readonly key: string;
  readonly count: number;
  readonly seed: number;
  /** Runs that frames name. */
  readonly known: readonly string[];
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
}

const document = JSON.parse(
  readFileSync(new URL("../../openapi/asyncapi.json", import.meta.url), "utf8"),
) as { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } };
const { schemas } = document.components;

const clientFrames = ["SubscribeFrame", "UnsubscribeFrame", "AckFrame", "PingFrame"] as const;

const answerMsMax = 5000;

/** A value that fits a schema of a client frame. */
function fitting(schema: Schema, chance: Chance, known: readonly string[]): unknown {
  if (schema.$ref !== undefined) {
    return fitting(schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}, chance, known);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return chance.of(schema.enum);
  if (schema.anyOf !== undefined) return fitting(chance.of(schema.anyOf), chance, known);
  switch (schema.type) {
    case "object": {
      const required = new Set(schema.required ?? []);
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => required.has(name) || chance.happens(0.5))
          .map(([name, inner]) => [name, fitting(inner, chance, known)]),
      );
    }
    case "array":
      return Array.from({ length: chance.whole(4) }, () =>
        fitting(schema.items ?? {}, chance, known),
      );
    case "boolean":
      return chance.happens(0.5);
    case "integer":
      return (schema.minimum ?? 0) + chance.whole(chance.of([2, 10, 2 ** 31]));
    case "number":
      return 0.001 + chance.number() * (schema.maximum ?? 1000) * 0.99;
    default:
      return schema.pattern === undefined
        ? "x".repeat(chance.whole(Math.min(64, schema.maxLength ?? 64)))
        : chance.of(known);
  }
}

const wrongValues: readonly unknown[] = [null, -1, 1.5, "", "nothing", [], {}, true, 2 ** 60, [[]]];

/** The text of a frame that fits no schema. */
function unfitting(frame: Record<string, unknown>, chance: Chance): string {
  const text = JSON.stringify(frame);
  switch (chance.whole(5)) {
    case 0:
      return text.slice(0, chance.whole(text.length));
    case 1:
      return JSON.stringify({ ...frame, [`x${chance.whole(9)}`]: chance.of(wrongValues) });
    case 2:
      return JSON.stringify({ ...frame, frame: chance.of(["hello", "", 1, null, "SUBSCRIBE"]) });
    case 3:
      return JSON.stringify(chance.of(wrongValues));
    default: {
      const name = chance.of(Object.keys(frame));
      return JSON.stringify({ ...frame, [name]: chance.of(wrongValues) });
    }
  }
}

const isClientFrame = Compile(ClientFrame);
const isServerFrame = Compile(ServerFrame);

function isValid(text: string): boolean {
  try {
    return isClientFrame.Check(JSON.parse(text));
  } catch {
    return false;
  }
}

interface Answer {
  readonly frames: readonly Record<string, unknown>[];
  /** Null: it stayed open. */
  readonly code: number | null;
}

/** What one frame on a new socket is answered with; a ping behind it tells when that was all. */
async function answerTo(url: string, key: string, text: string): Promise<Answer> {
  const socket = new WebSocket(url, ["linnet.v1"], { headers: { authorization: `Bearer ${key}` } });
  const frames: Record<string, unknown>[] = [];
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const late = setTimeout(() => resolve(null), answerMsMax);
  socket.on("error", () => undefined);
  socket.on("close", (code) => resolve(code));
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) return;
    const frame = JSON.parse(data.toString()) as Record<string, unknown>;
    frames.push(frame);
    if (frame["frame"] === "pong" && frame["id"] === "end") resolve(null);
    if (frame["frame"] === "complete" || frame["frame"] === "error") {
      socket.send(JSON.stringify({ frame: "ping", id: "end" }));
    }
  });
  socket.on("open", () => {
    socket.send(text);
    // An answer from the store takes a while; without one only the ping comes back.
    if (!text.includes('"subscribe"')) socket.send(JSON.stringify({ frame: "ping", id: "end" }));
  });
  const code = await promise;
  clearTimeout(late);
  socket.terminate();
  return { frames, code };
}

/** Why an answer is not the documented one; undefined when it is. */
function faultOf(text: string, { frames, code }: Answer): string | undefined {
  const broken = frames.find((frame) => !isServerFrame.Check(frame));
  if (broken !== undefined) return `answered with no known frame: ${JSON.stringify(broken)}`;
  const kinds = frames.map((frame) => frame["frame"]);
  if (!isValid(text)) {
    const error = frames.find((frame) => frame["frame"] === "error");
    if (code !== 4400) return `an invalid frame left the socket with ${code}`;
    return error?.["code"] === "stream_frame_invalid" ? undefined : "no error frame says why";
  }
  if (code !== null) return `a valid frame closed the socket with ${code}`;
  const { frame, after = 0 } = JSON.parse(text) as { frame: string; after?: number };
  if (frame === "ping") return kinds.includes("pong") ? undefined : "no pong";
  if (frame !== "subscribe")
    return kinds.every((kind) => kind === "pong") ? undefined : "not quiet";
  const error = frames.find((each) => each["frame"] === "error");
  if (error !== undefined) {
    const expected = ["not_found", "cursor_in_future", "epoch_mismatch"];
    return expected.includes(String(error["code"])) ? undefined : `refused: ${error["code"]}`;
  }
  const opens = kinds[0] === "hello" && kinds.includes("complete");
  return opens ? undefined : `after ${after}: ${kinds.slice(0, 5).join(" ")}`;
}

/** Runs that have ended and one that does not exist: made while nothing else waits for trainers. */
export async function runsForFrames({
  server,
  key,
}: Pick<FrameOptions, "server" | "key">): Promise<readonly string[]> {
  const client = new KillClient(chanceOf(1, "frames"), key);
  client.address = server.address;
  const model = await client.ask("POST", "/v1/models", { body: { definition } });
  const dataset = await client.ask("POST", "/v1/datasets", { body: { generator } });
  const body = {
    model: model?.body["id"],
    dataset: dataset?.body["id"],
    optimizer: { type: "sgd", learning_rate: 0.1 },
    steps: 20,
    snapshots: { every: 10, examples: 8, kernel: "trace" },
  };
  const made = await client.ask("POST", "/v1/runs", { body });
  const id = String(made?.body["id"]);
  for (;;) {
    const answer = await client.ask("GET", `/v1/runs/${id}`);
    const status = String(answer?.body["status"]);
    if (["succeeded", "failed", "cancelled"].includes(status)) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return [id, id, id, `run_${"0".repeat(20)}`];
}

const atOnce = 16;

export async function frameCampaign(options: FrameOptions) {
  const { server, key, count, seed, known } = options;
  const chance = chanceOf(seed, "frames");
  const url = `${server.address.replace("http", "ws")}/v1/stream`;
  const tally = { valid: 0, invalid: 0 };
  const findings: string[] = [];
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const schema = schemas[chance.of(clientFrames)] ?? {};
      const frame = fitting(schema, chance, known) as Record<string, unknown>;
      const text = chance.happens(0.5) ? JSON.stringify(frame) : unfitting(frame, chance);
      tally[isValid(text) ? "valid" : "invalid"] += 1;
      const fault = faultOf(text, await answerTo(url, key, text));
      if (fault !== undefined) findings.push(`${text.slice(0, 200)}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const figures: FigureRow[] = [
    { name: "frames that fit the schemas", value: tally.valid },
    { name: "frames that do not", value: tally.invalid },
    none("… answered otherwise than documented", findings.length),
  ];
  return { figures, findings };
}
