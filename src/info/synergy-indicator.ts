/** @file The synergy indicator: the share of samples where the multimodal prediction is right and every unimodal one is wrong. */
import { dataError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { quantile } from "./estimates.ts";
import { checkKeys, checkWhole } from "./options.ts";

/** Predicted and true classes of the same N samples, out of sample. */
export interface PredictedClasses {
  readonly labels: ArrayLike<number>;
  readonly joint: ArrayLike<number>;
  /** One column of predictions per modality. */
  readonly unimodal: readonly ArrayLike<number>[];
}

/** Options of synergyIndicator: the seed of its bootstrap and how many rounds; 1000. */
export interface IndicatorOptions {
  readonly seed: number;
  readonly rounds?: number;
}

/** Shares of samples; each between 0 and 1 but for `excess`. */
export interface SynergyIndicator {
  /** Joint right, every unimodal wrong. */
  readonly synergy: number;
  /** Joint accuracy times the share where every unimodal is wrong: the rate of independent guesses. */
  readonly chance: number;
  /** synergy - chance, with a paired bootstrap interval of 95 %. */
  readonly excess: number;
  readonly excessLower: number;
  readonly excessUpper: number;
  /** Joint and every unimodal right. */
  readonly allRight: number;
  /** By modality: this unimodal prediction right, the other unimodal ones wrong, whatever the joint one is. */
  readonly onlyRight: readonly number[];
  /** Joint wrong though some unimodal prediction is right. */
  readonly lost: number;
  readonly jointAccuracy: number;
  readonly unimodalAccuracy: readonly number[];
}

/**
 * The synergy indicator of N samples with its chance level; shares of 1. For m balanced classes and uninformative modalities
 * it saturates near (1 - 1/m)^2, so read the excess. Source: DMIL (CVPR 2026); the chance level is ours.
 *
 * @throws DataError when columns differ in length, are empty, or no modality is given; ConfigError for unknown options.
 * @example synergyIndicator({ labels, joint, unimodal: [audio, face] }, { seed: 0 }).excess
 */
export function synergyIndicator(predictions: PredictedClasses, options: IndicatorOptions): SynergyIndicator {
  checkKeys("synergyIndicator", options, ["seed", "rounds"]);
  const seed = checkWhole("synergyIndicator", "seed", options.seed, 0);
  const rounds = checkWhole("synergyIndicator", "rounds", options.rounds ?? 1000, 1);
  const { labels, joint, unimodal } = predictions;
  const n = labels.length;
  for (const [name, column] of [["joint", joint], ...unimodal.map((column, k) => [`unimodal ${k}`, column])] as const) {
    if ((column as ArrayLike<number>).length === n && n > 0) continue;
    throw dataError(
      `synergyIndicator: ${name} has ${(column as ArrayLike<number>).length} predictions, labels ${n}; ` +
        "give one for each sample, at least one sample.",
      { column: name },
    );
  }
  if (unimodal.length === 0)
    throw dataError("synergyIndicator: no unimodal predictions were given; give one column each.");

  const jointRight = Uint8Array.from({ length: n }, (_, i) => (joint[i] === labels[i] ? 1 : 0));
  const right = unimodal.map((column) => Uint8Array.from({ length: n }, (_, i) => (column[i] === labels[i] ? 1 : 0)));
  const allWrong = Uint8Array.from({ length: n }, (_, i) => (right.every((column) => column[i] === 0) ? 1 : 0));
  const share = (holds: (i: number) => boolean): number => {
    let count = 0;
    for (let i = 0; i < n; i++) if (holds(i)) count++;
    return count / n;
  };
  const synergy = share((i) => jointRight[i] === 1 && allWrong[i] === 1);
  const jointAccuracy = share((i) => jointRight[i] === 1);
  const chance = jointAccuracy * share((i) => allWrong[i] === 1);
  const drawn = new Float64Array(rounds);
  for (let round = 0; round < rounds; round++) {
    const draws = stream(seed, "info.indicator", round);
    let [both, joints, wrongs] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const row = draws.below(n);
      joints += jointRight[row]!;
      wrongs += allWrong[row]!;
      both += jointRight[row]! & allWrong[row]!;
    }
    drawn[round] = both / n - (joints / n) * (wrongs / n);
  }
  drawn.sort();
  return {
    synergy,
    chance,
    excess: synergy - chance,
    excessLower: quantile(drawn, 0.025),
    excessUpper: quantile(drawn, 0.975),
    allRight: share((i) => jointRight[i] === 1 && right.every((column) => column[i] === 1)),
    onlyRight: right.map((correct) =>
      share((i) => correct[i] === 1 && right.every((column) => column === correct || column[i] === 0)),
    ),
    lost: share((i) => jointRight[i] === 0 && allWrong[i] === 0),
    jointAccuracy,
    unimodalAccuracy: right.map((column) => share((i) => column[i] === 1)),
  };
}
