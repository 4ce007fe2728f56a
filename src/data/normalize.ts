/** @file The words for how the values of a modality are normalised. */

/**
 * Which numbers share a mean and a deviation over the training samples: `standard`, each number of a sample has its own; `channels-last` and
 * `channels-first`, all numbers of a channel, which is the last axis of a sample ([T, F], [H, W, C]) or the third from the end ([C, H, W]);
 * `all`, all numbers of the modality. `none` leaves the values as the data has them.
 */
export const NORMALIZE = ["standard", "channels-last", "channels-first", "all", "none"] as const;
export type Normalize = (typeof NORMALIZE)[number];
