/** `linnet devices`: what the service can compute on, and why not on the rest. */
import { connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { showBytes } from "#cli/show/numbers.ts";
import { paintFor } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";

export interface DevicesOptions extends Everywhere {
  readonly refresh?: boolean;
}

export async function devices(context: Context, options: DevicesOptions): Promise<Ending> {
  await using connection = connect(context, options);
  const { terminal } = context;
  const found = await connection.api.devices(options.refresh === true);
  if (options.json === true) {
    terminal.out(`${JSON.stringify(found)}\n`);
    return "ok";
  }
  const { host, gpus, engines } = found;
  terminal.out(`${host.cpu}, ${host.cores} cores, ${showBytes(host.memory_bytes)}\n`);
  for (const { index, name, driver, memory_bytes: memory } of gpus) {
    const place = index === undefined ? "" : `cuda:${index} `;
    const size = memory === undefined ? "" : `, ${showBytes(memory)}`;
    terminal.out(`${place}${name}${size}${driver === null ? "" : `, driver ${driver}`}\n`);
  }
  const columns = ["engine", "device", "usable", "numbers", "what computes, or why it cannot"];
  const rows = engines.flatMap(({ engine, dtypes, devices: on, trials }) =>
    trials.length === 0
      ? [[engine, on.join(", "), "yes", dtypes.join(", "), "plain loops: slow and sure"]]
      : trials.map(({ device, provider, usable, precision, reason }) => {
          const single = precision ?? "float32";
          const others = device === "webgpu" ? [] : dtypes.filter((one) => one !== "float32");
          const numbers = [single, ...others].join(", ");
          const what = usable ? provider : `${provider}: ${reason}`;
          return [engine, device, usable ? "yes" : "no", usable ? numbers : "–", what];
        }),
  );
  const titles = columns.map((title) => ({ title }));
  terminal.out(`\n${table(titles, rows, paintFor(terminal.colour))}`);
  const remedies = engines.flatMap(({ trials }) => trials.flatMap(({ remedy }) => remedy ?? []));
  if (remedies.length > 0) terminal.out("\n`linnet doctor` says what mends them.\n");
  return "ok";
}
