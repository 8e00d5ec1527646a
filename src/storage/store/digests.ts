/** Every digest that a row of any table points at. */
import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

export async function digestsOf(db: Kysely<Tables>): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("models")
    .select("digest")
    .union(db.selectFrom("datasets").select("digest"))
    .union(db.selectFrom("checkpoints").select("weights as digest"))
    .union(db.selectFrom("checkpoints").select("digest").$castTo<{ digest: string }>())
    .union(db.selectFrom("snapshots").select("digest").$castTo<{ digest: string }>())
    .union(db.selectFrom("ntks").select("digest").$castTo<{ digest: string }>())
    .union(db.selectFrom("ntks").select("first_inputs as digest").$castTo<{ digest: string }>())
    .union(db.selectFrom("ntks").select("second_inputs as digest").$castTo<{ digest: string }>())
    .execute();
  return new Set(rows.map((row) => row.digest).filter((digest) => digest !== null));
}
