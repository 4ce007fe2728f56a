/** @file Defaults of training, which the settings of runs and the help of the command line read too. It imports nothing, so help prints quickly. */

export const defaults = {
  /** Samples per step. */
  batchSize: 64,
  /** Seconds between checkpoints. */
  checkpointSeconds: 5,
} as const;
