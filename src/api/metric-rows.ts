/** Metrics events of a log as rows, one a step, page by page: memory stays bounded. */
import type { EventOf } from "#schemas/event.ts";
import { fromFigure } from "#schemas/values.ts";
import type { Store } from "#storage/store.ts";
import type { Row } from "./downsample.ts";

const eventsPage = 200;

export interface RowsAsked {
  readonly run: { readonly id: string };
  readonly names: readonly string[];
  readonly from: number;
  readonly to: number;
}

type MetricsEvent = EventOf<"metrics">;

async function* metricsEvents(store: Store, run: string): AsyncGenerator<MetricsEvent> {
  let after = 0;
  for (;;) {
    const page = await store.read((reader) =>
      reader.events(run, { after, kinds: ["metrics"], limit: eventsPage }),
    );
    for (const event of page) if (event.type === "metrics") yield event;
    if (page.length < eventsPage) return;
    after = page.at(-1)?.seq ?? after;
  }
}

/** Names of all metrics that a run's first chunk has, in their order there. */
export async function metricNames(store: Store, run: string): Promise<readonly string[]> {
  const [first] = await store.read((reader) =>
    reader.events(run, { after: 0, kinds: ["metrics"], limit: 1 }),
  );
  if (first?.type !== "metrics") return [];
  return Object.keys(first.data.columns).filter((name) => name !== "step");
}

/** Rows of the steps `from` … `to`, ascending. */
export async function* metricRows(store: Store, asked: RowsAsked): AsyncGenerator<Row> {
  for await (const { data } of metricsEvents(store, asked.run.id)) {
    if (data.to < asked.from) continue;
    if (data.from > asked.to) return;
    const columns = asked.names.map((name) => data.columns[name]);
    const { from, every = 1 } = data;
    const last = Math.min(data.to, asked.to);
    const skipped = Math.max(0, Math.ceil((asked.from - from) / every));
    for (let at = skipped; from + at * every <= last; at += 1) {
      const step = from + at * every;
      const values = columns.map((column) => {
        const figure = column?.[at];
        return figure === undefined ? null : fromFigure(figure);
      });
      yield { step, values };
    }
  }
}
