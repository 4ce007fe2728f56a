/** @file What a report says of one sample, and its flat form for tables. */

/** One sample. Probabilities and gate shares are in [0, 1]; a gate share says how much a component counted, not how much it knew. */
export interface SampleReport {
  readonly id: string;
  /** Class name; undefined for a sample without label. */
  readonly label: string | undefined;
  readonly prediction: string;
  /** Probability of each class. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Shares by component name, summing to 1: redundant, unique_<modality>, synergistic. Empty for methods without a gate. */
  readonly gate: Readonly<Record<string, number>>;
  /** What each component alone predicts, with its probability. */
  readonly components: Readonly<Record<string, { readonly prediction: string; readonly probability: number }>>;
  /** What each modality alone predicts, with its probability. */
  readonly modalities: Readonly<Record<string, { readonly prediction: string; readonly probability: number }>>;
}

/** A cell of a table. */
export type Cell = string | number | undefined;

/**
 * The stable columns of a table of samples: `id, label, prediction, p_<class>, gate_<component>, pred_<component>,
 * pred_only_<modality>`, where components are `redundant`, `unique_<modality>`, `synergistic`.
 */
export function flatten(sample: SampleReport): Record<string, Cell> {
  const row: Record<string, Cell> = { id: sample.id, label: sample.label, prediction: sample.prediction };
  for (const [name, p] of Object.entries(sample.probabilities)) row[`p_${name}`] = p;
  for (const [name, share] of Object.entries(sample.gate)) row[`gate_${name}`] = share;
  for (const [name, { prediction }] of Object.entries(sample.components)) row[`pred_${name}`] = prediction;
  for (const [name, { prediction }] of Object.entries(sample.modalities)) row[`pred_only_${name}`] = prediction;
  return row;
}
