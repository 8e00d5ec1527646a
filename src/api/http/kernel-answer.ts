/** A stored kernel as an answer: safetensors as it lies, npy or a picture, by Accept. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { checkRecoded, kernelNpy, kernelPng } from "#api/kernel.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { isKnown, sendArtifact } from "./artifact.ts";
import { negotiate } from "./negotiate.ts";
import { statuses } from "./problem.ts";

export const kernelEncodings = [
  "application/vnd.safetensors",
  "application/x-npy",
  "image/png",
] as const;

/** Failures `not_found`, `not_acceptable`, `storage_corrupt`. */
export async function sendKernel(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  artifacts: Artifacts,
  digest: string,
) {
  const type = negotiate(request.headers.accept, kernelEncodings);
  if (type === "application/vnd.safetensors") {
    return sendArtifact({ request, reply }, artifacts, { digest, type });
  }
  if (isKnown(request, reply, `"${digest}:${type}"`)) {
    return reply.code(statuses.not_modified).send();
  }
  // Asked before it is read: a kernel can be larger than memory.
  checkRecoded((await artifacts.size(digest)) ?? 0);
  const file = await artifacts.get(digest);
  const bytes = type === "image/png" ? kernelPng(file) : kernelNpy(file);
  return reply.type(type).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
