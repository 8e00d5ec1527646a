/** `linnet compare RUN RUN…`: what runs differ in, how each did, how far apart they ended. */
import { connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { comparisonText } from "#cli/show/comparison-text.ts";

export interface CompareOptions extends Everywhere {
  /** False: kernels and weights are not read. */
  readonly distances?: boolean;
}

export async function compare(
  context: Context,
  runs: readonly string[],
  options: CompareOptions,
): Promise<Ending> {
  await using connection = connect(context, options);
  const { terminal } = context;
  const { distances = true } = options;
  const found = await connection.api.compare({ runs, distances });
  terminal.out(
    options.json === true ? `${JSON.stringify(found)}\n` : comparisonText(found, terminal),
  );
  return "ok";
}
