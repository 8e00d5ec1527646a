/** The corruption campaign: checkpoints, manifests and the store, each hurt at every boundary. */
import { chanceOf } from "./chance.ts";
import { corruptCheckpoints } from "./corrupt-checkpoints.ts";
import { corruptService } from "./corrupt-service.ts";
import { corruptStore } from "./corrupt-store.ts";
import { none, type Report } from "./report.ts";

export interface CorruptOptions {
  readonly isShort: boolean;
  readonly seed: number;
}

export async function corruptCampaign({ isShort, seed }: CorruptOptions): Promise<Report> {
  const chance = chanceOf(seed, "corrupt");
  const checkpoints = await corruptCheckpoints(isShort ? 8 : 60);
  const store = await corruptStore(chance, 0);
  const flips = await corruptStore(chance, isShort ? 100 : 2000, { atBoundaries: false });
  const service = await corruptService(chance, isShort ? 2 : 12);
  return {
    campaign: "corrupt",
    figures: [
      { name: "blows on checkpoints and manifests", value: checkpoints.cases },
      none("… after which the run was not as undisturbed", checkpoints.findings.length),
      { name: "blows on the store at 4 KiB boundaries", value: store.cases },
      { name: "… refused when opened", value: store.refused },
      { name: "… refused when read", value: store.refusedLater },
      { name: "… served as stored", value: store.right },
      none("… served wrong, or without a remedy", store.findings.length),
      { name: "single bits flipped at random places", value: flips.cases },
      { name: "… refused", value: flips.refused + flips.refusedLater },
      { name: "… served as stored", value: flips.right },
      none("… served wrong, or without a remedy", flips.findings.length),
      { name: "runs of a service whose newest checkpoint was hurt", value: service.runs },
      { name: "starts with a store that was hurt", value: service.doors },
      none("… that ended otherwise than they must", service.findings.length),
    ],
    findings: [...checkpoints.findings, ...store.findings, ...flips.findings, ...service.findings],
  };
}
