/** The figures of one run in short words, most important first: a narrow line drops the last. */
import type { Track } from "#cli/track.ts";
import { showNumber, showRate, showSeconds, showShare } from "./numbers.ts";

/** `loss 0.0432`, `acc 99.2%`, … in order of importance. */
export function figuresOf(track: Track): readonly string[] {
  const parts = [`loss ${showNumber(track.loss)}`];
  if (track.accuracy !== null) parts.push(`acc ${showShare(track.accuracy)}`);
  const tested = testedOf(track);
  if (tested !== null) parts.push(tested);
  if (track.ended) {
    parts.push(showSeconds(track.seconds));
  } else if (Number.isFinite(track.stepsPerSecond)) {
    parts.push(`${showRate(track.stepsPerSecond)} steps/s`, `eta ${showSeconds(track.etaSeconds)}`);
  }
  if (track.linearised && track.anchors > 0) parts.push(`linearised ${track.anchors}×`);
  return parts;
}

/** Test accuracy, else test loss: of both functions where they may differ. */
function testedOf({ evaluation, linearised }: Track): string | null {
  if (evaluation === null) return null;
  const say = (scores: typeof evaluation.network): string =>
    scores.test.accuracy === null ? showNumber(scores.test.loss) : showShare(scores.test.accuracy);
  const network = say(evaluation.network);
  return linearised ? `test f_lin ${say(evaluation.linearised)} net ${network}` : `test ${network}`;
}
