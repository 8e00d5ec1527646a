/** Content negotiation (RFC 9110, 12.5.1): which of the offered media types an Accept asks for. */
import { Failure } from "#src/failure.ts";

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

const rangesMax = 64;

function rangesOf(accept: string): Range[] {
  return accept
    .split(",", rangesMax)
    .map((part) => {
      const [media = "", ...parameters] = part.split(";").map((piece) => piece.trim());
      const [type = "", subtype = ""] = media.toLowerCase().split("/");
      const q = parameters.find((parameter) => /^q=/i.test(parameter));
      const quality = q === undefined ? 1 : Number(q.slice(2));
      return { type, subtype, quality: quality >= 0 && quality <= 1 ? quality : 0 };
    })
    .filter(({ type, subtype }) => type !== "" && subtype !== "");
}

/** Quality of an offer by the most specific range that names it; 0 when none does. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [type, subtype] = offer.split("/");
  let best = { specific: -1, quality: 0 };
  for (const range of ranges) {
    if (range.type !== "*" && range.type !== type) continue;
    if (range.subtype !== "*" && range.subtype !== subtype) continue;
    const specific = Number(range.type !== "*") + Number(range.subtype !== "*");
    if (specific > best.specific) best = { specific, quality: range.quality };
  }
  return best.quality;
}

/** The offer that `accept` likes best; the first of equals. Failure `not_acceptable` if none. */
export function negotiate<T extends string>(accept: string | undefined, offers: readonly T[]): T {
  const [preferred] = offers;
  if (preferred !== undefined && (accept === undefined || accept.trim() === "")) return preferred;
  const ranges = rangesOf(accept ?? "");
  let chosen: { readonly offer: T; readonly quality: number } | undefined;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > 0 && quality > (chosen?.quality ?? 0)) chosen = { offer, quality };
  }
  if (chosen !== undefined) return chosen.offer;
  const detail = `Accept can be ${offers.join(", ")}.`;
  throw new Failure("not_acceptable", detail, { errors: [{ pointer: "/header/Accept", detail }] });
}
