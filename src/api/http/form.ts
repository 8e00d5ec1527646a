/** A form with a topology and files of weights: files go to the artifacts as they come. */
import type { FastifyRequest } from "fastify";
import type { CatalogContext } from "#catalog/context.ts";
import type { LayersModel } from "#schemas/keras.ts";
import { Failure, failAt } from "#src/failure.ts";

export interface Form {
  readonly document: LayersModel;
  /** Name of each other file → its digest. */
  readonly shards: ReadonlyMap<string, string>;
}

const documentBytesMax = 16 * 1024 ** 2;

/** Pieces of a body, all together within the limit. */
function counted(bytesMax: number) {
  let bytesLeft = bytesMax;
  return async function* limited(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      bytesLeft -= piece.byteLength;
      if (bytesLeft < 0) {
        throw new Failure("body_too_large", `An upload may have at most ${bytesMax} bytes.`);
      }
      yield piece;
    }
  };
}

async function documentOf(content: AsyncIterable<Uint8Array>): Promise<LayersModel> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.byteLength;
    if (bytes > documentBytesMax) {
      throw new Failure("body_too_large", `A topology has at most ${documentBytesMax} bytes.`);
    }
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch (error) {
    throw new Failure("malformed_body", "The topology is not valid JSON.", { cause: error });
  }
}

/** What a reader of forms says of a broken one. */
function broken(error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const { code = "" } = error as Error & { readonly code?: string };
  const isForm = code.startsWith("FST_") || /form|multipart|boundary|header/i.test(error.message);
  if (!isForm) return error;
  return new Failure("malformed_body", "The form is cut off or broken.", { cause: error });
}

/**
 * Reads a form whole. The one file that ends in .json is the topology. Failures: `malformed_body`,
 * `body_too_large`, `invalid_request` where there is no topology or two files have one name.
 */
export async function formOf(
  request: FastifyRequest,
  { artifacts, limits }: Pick<CatalogContext, "artifacts" | "limits">,
  signal: AbortSignal,
): Promise<Form> {
  const limited = counted(limits.uploadBytesMax);
  const shards = new Map<string, string>();
  let document: LayersModel | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type !== "file") continue;
      const name = part.filename.split(/[\\/]/).at(-1) ?? "";
      if (name.endsWith(".json")) {
        if (document !== undefined) throw failAt("invalid_request", "", "Send one .json file.");
        document = await documentOf(limited(part.file));
        continue;
      }
      if (shards.has(name)) throw failAt("invalid_request", "", `"${name}" is sent twice.`);
      const bytesMax = limits.uploadBytesMax;
      const { digest } = await artifacts.put(limited(part.file), { bytesMax, signal });
      shards.set(name, digest);
    }
  } catch (error) {
    throw broken(error);
  }
  if (document === undefined || document === null || typeof document !== "object") {
    throw failAt("invalid_request", "", "The form has no model.json with a layers model.");
  }
  return { document, shards };
}
