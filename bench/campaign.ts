/**
 * `npm run campaign -- NAME`, one of `campaigns` below: what must hold under attack, of the real
 * service. `--ci` is the short mode, `--keep` appends the figures to bench/reports, `sum NAME` adds
 * up what was kept, `--since DATE` only what was kept since then. A table for people; `--json`
 * prints one JSON object as the last line. Exit code 1 when a bound is broken, 3 when this machine
 * lacks what it takes.
 */
import { parseArgs } from "node:util";
import { clusterCampaign } from "./campaign/cluster.ts";
import { contractCampaign, NoSchemathesis } from "./campaign/contract.ts";
import { corruptCampaign } from "./campaign/corrupt.ts";
import { faultsCampaign } from "./campaign/faults.ts";
import { floodsCampaign } from "./campaign/floods.ts";
import { killCampaign } from "./campaign/kill.ts";
import { keep, sumOf } from "./campaign/ledger.ts";
import { readersCampaign } from "./campaign/readers.ts";
import { isBroken, type Report, tableOf } from "./campaign/report.ts";
import { soakCampaign } from "./campaign/soak.ts";
import { waitingCampaign } from "./campaign/waiting.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cycles: { type: "string" },
    count: { type: "string" },
    minutes: { type: "string" },
    megabytes: { type: "string" },
    examples: { type: "string" },
    seed: { type: "string", default: "1" },
    since: { type: "string" },
    ci: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

const say = (text: string): void => {
  if (!flags.json) process.stderr.write(`${text}\n`);
};
const number = (text: string | undefined, short: number, long: number): number =>
  text === undefined ? (flags.ci ? short : long) : Number(text);
const seed = Number(flags.seed);

const campaigns: Readonly<Record<string, () => Promise<Report>>> = {
  contract: () =>
    contractCampaign({
      seed,
      isShort: flags.ci,
      examples: number(flags.examples, 5, 60),
      onLine: say,
    }),
  corrupt: () => corruptCampaign({ isShort: flags.ci, seed }),
  faults: () => faultsCampaign({ seed, onLine: say }),
  floods: () => floodsCampaign({ isShort: flags.ci, onLine: say }),
  readers: () => readersCampaign({ count: number(flags.count, 200, 1000), isShort: flags.ci }),
  waiting: () => waitingCampaign({ megabytes: number(flags.megabytes, 20, 200) }),
  soak: () => soakCampaign({ minutes: number(flags.minutes, 1, 60), seed, onLine: say }),
  cluster: () =>
    clusterCampaign({
      cycles: number(flags.cycles, 8, 200),
      minutes: number(flags.minutes, 1, 600),
      outageMsMax: flags.ci ? 8000 : 60_000,
      seed,
      onCycle: say,
    }),
  kill: () =>
    killCampaign({
      cycles: number(flags.cycles, 20, 1000),
      minutes: number(flags.minutes, 10, 600),
      seed,
      onCycle: say,
    }),
};

const [first = "", second = ""] = positionals;
if (flags.since !== undefined && Number.isNaN(Date.parse(flags.since))) {
  process.stderr.write("since when? a date such as 2026-11-24T03:20Z\n");
  process.exit(2);
}
if (first === "sum") {
  const sum = sumOf(second, flags.since);
  console.log(sum === undefined ? `nothing was kept of ${second}` : tableOf(sum));
  process.exit(sum !== undefined && isBroken(sum) ? 1 : 0);
}
const campaign = campaigns[first];
if (campaign === undefined || positionals.length !== 1) {
  process.stderr.write(`which campaign? one of ${Object.keys(campaigns).join(", ")}\n`);
  process.exit(2);
}
const beganMs = performance.now();
const report = await campaign().catch((error: unknown): never => {
  if (!(error instanceof NoSchemathesis)) throw error;
  process.stderr.write(`not run: ${error.message}\n`);
  process.exit(3);
});
const seconds = Math.round((performance.now() - beganMs) / 1000);
if (flags.keep) keep(report, { command: process.argv.slice(2).join(" "), seconds });
if (!flags.json) console.log(`${tableOf(report)}\n  ${seconds} s`);
if (flags.json) console.log(JSON.stringify({ ...report, seconds }));
process.exit(isBroken(report) ? 1 : 0);
