/** Metrics of a run as columns: JSON or Arrow, thinned out on request, or csv row by row. */
import { Readable } from "node:stream";
import Type, { type Static } from "typebox";
import { type ArrowColumn, type ArrowRow, arrowStream, arrowStreamType } from "#api/arrow.ts";
import type { Backing, Edge } from "#api/backing.ts";
import { Downsampler, type Row } from "#api/downsample.ts";
import { recordOr404 } from "#api/http/entity.ts";
import type { App } from "#api/http/instance.ts";
import { negotiate } from "#api/http/negotiate.ts";
import { answers } from "#api/http/problem.ts";
import { Bytes, ref } from "#api/http/schemas.ts";
import { metricNames, metricRows } from "#api/metric-rows.ts";
import { Metrics } from "#schemas/metrics.ts";
import type { Run } from "#schemas/run.ts";
import { RunId, strict, toFigure } from "#schemas/values.ts";
import { failAt } from "#src/failure.ts";

/** Rows of one JSON answer; csv and Arrow, which go out piece by piece, have no such limit. */
export const metricsRowsMax = 100_000;

const json = "application/json";
const csv = "text/csv";

const query = Type.Object(
  {
    names: Type.Optional(
      Type.Array(Type.String({ pattern: "^[a-z0-9_.]{1,64}$" }), {
        minItems: 1,
        maxItems: 64,
        description: "Columns, separated by commas; all when absent.",
      }),
    ),
    from: Type.Optional(Type.Integer({ minimum: 1, default: 1, description: "First step." })),
    to: Type.Optional(Type.Integer({ minimum: 1, description: "Last step." })),
    points: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: metricsRowsMax,
        description: "Most rows; fewer steps are chosen so that the extremes stay.",
      }),
    ),
  },
  strict,
);

const read = {
  operationId: "getMetrics",
  tags: ["metrics"],
  summary: "Read metrics as columns",
  params: Type.Object({ id: RunId }, strict),
  querystring: query,
  response: answers(
    {
      ok: {
        description:
          "The columns; as csv one row a step. As an Arrow stream `step` is an int32 and every " +
          "other column a nullable float64, NaN and infinities among them; with `points` thinned " +
          "out as JSON is.",
        schema: ref(Metrics),
        media: { [csv]: Type.String(), [arrowStreamType]: Bytes },
      },
    },
    ["invalid_request", "not_found", "not_acceptable"],
  ),
};

type Query = Static<typeof query>;

interface Asked {
  readonly run: Run;
  readonly names: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** What was asked for, within what there is. */
async function askedOf({ store }: Backing, id: string, query: Query): Promise<Asked> {
  const { run, metricsThrough } = await recordOr404(store, id);
  const known = await metricNames(store, id);
  const names = query.names?.filter((name) => name !== "step") ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined && known.length > 0) {
    const detail = `"${unknown}" is not a metric of this run; it has ${known.join(", ")}`;
    throw failAt("invalid_request", "/query/names", detail);
  }
  const from = query.from ?? 1;
  const to = Math.min(query.to ?? Number.MAX_SAFE_INTEGER, metricsThrough);
  return { run, names, from, to };
}

/** So many rows as are asked for, and the steps that they were chosen from. */
async function thinned(backing: Backing, asked: Asked, points: number) {
  const { names, from, to } = asked;
  const sampler = new Downsampler({ from, to, columns: names.length, points });
  let seen = 0;
  for await (const row of metricRows(backing.store, asked)) {
    sampler.add(row);
    seen += 1;
  }
  return { rows: sampler.rows(), seen };
}

async function columnsOf(backing: Backing, asked: Asked, points: number | undefined) {
  const { run, names, from, to } = asked;
  const steps = Math.max(0, to - from + 1);
  if (points === undefined && steps > metricsRowsMax) {
    const detail = `${steps} steps are more than ${metricsRowsMax}: say how many points you want`;
    throw failAt("invalid_request", "/query/points", detail);
  }
  const { rows, seen } = await thinned(backing, asked, points ?? metricsRowsMax);
  const columns: Record<string, Metrics["columns"][string]> = {
    step: rows.map(({ step }) => step),
  };
  for (const [i, name] of names.entries()) {
    columns[name] = rows.map(({ values }) => {
      const value = values[i] ?? null;
      return value === null ? null : toFigure(value);
    });
  }
  const metrics: Metrics = { run: run.id, from, to, rows: rows.length, steps_seen: seen, columns };
  return metrics;
}

const csvLine = (row: Row) =>
  `${row.step},${row.values.map((value) => (value === null ? "" : String(value))).join(",")}\r\n`;

async function* csvOf(backing: Backing, asked: Asked): AsyncGenerator<string> {
  yield `step,${asked.names.join(",")}\r\n`;
  let lines = "";
  for await (const row of metricRows(backing.store, asked)) {
    lines += csvLine(row);
    if (lines.length > 32_768) {
      yield lines;
      lines = "";
    }
  }
  yield lines;
}

async function* arrowRows(
  backing: Backing,
  asked: Asked,
  points: number | undefined,
): AsyncGenerator<ArrowRow> {
  const all = metricRows(backing.store, asked);
  const rows = points === undefined ? all : (await thinned(backing, asked, points)).rows;
  for await (const { step, values } of rows) yield [step, ...values];
}

function arrowOf(backing: Backing, asked: Asked, points: number | undefined) {
  const step: ArrowColumn = { name: "step", kind: "int32", nullable: false };
  const columns = asked.names.map(
    (name): ArrowColumn => ({ name, kind: "float64", nullable: true }),
  );
  return arrowStream([step, ...columns], arrowRows(backing, asked, points));
}

export function metricsRoutes(app: App, edge: Edge): void {
  app.get("/v1/runs/:id/metrics", { schema: read }, async (request, reply) => {
    const backing = edge.of(request);
    const asked = await askedOf(backing, request.params.id, request.query);
    void reply.header("vary", "accept");
    const type = negotiate(request.headers.accept, [json, csv, arrowStreamType]);
    const { points } = request.query;
    if (type === json) return columnsOf(backing, asked, points);
    if (type === arrowStreamType) {
      return reply.type(type).send(Readable.from(arrowOf(backing, asked, points)));
    }
    void reply.type(`${csv}; charset=utf-8; header=present`);
    return reply.send(Readable.from(csvOf(backing, asked)));
  });
}
