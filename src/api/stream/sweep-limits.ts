/** Bounds of one reader's way through a sweep. */

/** Tails of one sweep at the same time; further runs join as earlier ones are told. */
export const sweepTailsMax = 100;
