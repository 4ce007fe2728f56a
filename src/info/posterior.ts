/**
 * @file BROJA of continuous sources from classifiers' posteriors. A source's information about y depends only on its posterior p(y | x), so
 * rows with similar posteriors are grouped into one symbol. Both sources share one set of symbols, so
 * grouping has the same effect on both, and the redundant share of the smaller information is more reliable
 * than the amount. The coupling over symbols is solved exactly, with a certificate.
 *
 * Classes must have the same mass on both sides, which posteriors of a sample do not quite give: both are scaled to their mean.
 * Source: ours, in place of the sampled couplings of BATCH (Liang et al. 2023).
 */
import { shapeError } from "../core/errors.ts";
import { type BrojaResult, broja } from "./broja/broja.ts";
import { mutualInformation } from "./entropy.ts";
import { assignClusters, kMeans } from "./kmeans.ts";
import { checkKeys, checkWhole } from "./options.ts";

/** Options of posteriorRedundancy. */
interface PosteriorOptions {
  readonly seed: number;
  /** Maximal number of symbols per source; 24. */
  readonly clusters?: number;
  /** [N] block numbers from 0: R is also found with each block left out, for a jackknife. */
  readonly blocks?: ArrayLike<number>;
  /** Called with the share of couplings solved so far. */
  readonly onSolved?: (share: number) => void;
}

/** Redundancy from posteriors, in bits. */
export interface PosteriorRedundancy {
  /**
   * R over the smaller of I1 and I2, divided by `selfShare`; 0 where that information is 0. Times the smaller held-out
   * information it estimates R. Above 1 by chance where all of that information is redundant.
   */
  readonly share: number;
  /** The share of the more informative source with itself, even rows against odd ones: below 1 only due to grouping and sampling. */
  readonly selfShare: number;
  /** R of the symbols. */
  readonly R: number;
  /** Informations of the symbols, computed from the posteriors; too large if classifiers are overconfident. */
  readonly I1: number;
  readonly I2: number;
  /** Loss by clustering, per source: the posteriors' information minus the symbols'. */
  readonly lost1: number;
  readonly lost2: number;
  /** Certified width of the bracket of I*. */
  readonly gap: number;
  readonly converged: boolean;
  /** The share with each block left out. */
  readonly without: readonly number[];
}

/** Maximal rows for fitting the centres; more do not change them. */
const MAX_ROWS = 5000;
/** Maximal probabilities per source for fitting the centres: from 210 classes on fewer rows are used, because k-means would take minutes. */
const MAX_PROBABILITIES = 2 ** 20;
/** Up to this number of classes the coupling is solved to FINE bits; with more classes to COARSE bits, a difference that reports do not show. */
const FINE_CLASSES = 50;
const FINE = 1e-6;
const COARSE = 1e-3;
/** Maximal sweeps over the coupling of many classes; the remaining gap is reported. */
const MAX_SWEEPS = 2000;

/**
 * R = I1 + I2 - min I_q(X1, X2; Y) of two sources given as log-probabilities [N, K] in nats, in bits. Take I1, I2 and I12 from
 * held-out log-likelihoods, R as `share` of the smaller, and the other atoms by the sum rules.
 *
 * @throws ShapeError when the sizes do not fit; ConfigError for bad options.
 * @example posteriorRedundancy(logs1, logs2, classes, { seed: 0 }).share
 */
export function posteriorRedundancy(
  logs1: ArrayLike<number>,
  logs2: ArrayLike<number>,
  classes: number,
  options: PosteriorOptions,
): PosteriorRedundancy {
  checkKeys("posteriorRedundancy", options, ["seed", "clusters", "blocks", "onSolved"]);
  const rows = logs1.length / classes;
  const { blocks, onSolved = () => {} } = options;
  if (logs2.length !== logs1.length || !Number.isInteger(rows) || rows === 0 || (blocks && blocks.length !== rows)) {
    throw shapeError(
      `posteriorRedundancy: ${logs1.length} and ${logs2.length} log-probabilities for ${classes} classes` +
        `${blocks === undefined ? "" : ` and ${blocks.length} blocks`}; both are [N, K], blocks [N].`,
    );
  }
  const seed = checkWhole("posteriorRedundancy", "seed", options.seed, 0);
  const clusters = checkWhole("posteriorRedundancy", "clusters", options.clusters ?? 24, 1);
  const [first, second] = symbolsOf([logs1, logs2], classes, clusters, seed);
  let solved = 0;
  const solve = (one: Symbols, other: Symbols, kept: (row: number) => boolean): BrojaResult => {
    const result = coupling(one, other, classes, kept);
    onSolved(++solved / (count + 2));
    return result;
  };
  const count = blocks === undefined ? 0 : Array.from(blocks).reduce((most, block) => Math.max(most, block + 1), 0);
  const whole = solve(first, second, () => true);
  const larger = whole.U1 >= whole.U2 ? first : second;
  const selfShare = shareOf(solve(half(larger, classes, 0), half(larger, classes, 1), () => true)) || 1;
  const corrected = (result: BrojaResult): number => shareOf(result) / selfShare;
  const unclustered = ({ posteriors }: Symbols): number => average(posteriors, classes);
  return {
    share: corrected(whole),
    selfShare,
    R: whole.R,
    I1: whole.R + whole.U1,
    I2: whole.R + whole.U2,
    lost1: Math.max(0, unclustered(first) - whole.R - whole.U1),
    lost2: Math.max(0, unclustered(second) - whole.R - whole.U2),
    gap: whole.gap,
    converged: whole.converged,
    without: Array.from({ length: count }, (_, b) => corrected(solve(first, second, (row) => blocks![row] !== b))),
  };
}

interface Symbols {
  /** [N, K] */
  readonly posteriors: Float64Array;
  /** The symbol of each row, [N]. */
  readonly symbols: Int32Array;
  /** The number of different symbols. */
  readonly count: number;
}

function shareOf({ R, U1, U2 }: BrojaResult): number {
  const smaller = R + Math.min(U1, U2);
  return smaller > 1e-9 ? Math.min(1, R / smaller) : 0;
}

/** Every second row. */
function half({ posteriors, symbols, count }: Symbols, classes: number, odd: 0 | 1): Symbols {
  const every = (_: number, row: number): boolean => row % 2 === odd;
  const kept = posteriors.filter((__, i) => every(0, Math.floor(i / classes)));
  return { posteriors: kept, symbols: symbols.filter(every), count };
}

/**
 * Rows of both sources to one set of symbols: k-means on square roots of probabilities, whose distance tells posteriors apart near
 * 0 and 1 too.
 */
function symbolsOf(
  sides: readonly ArrayLike<number>[],
  classes: number,
  clusters: number,
  seed: number,
): [Symbols, Symbols] {
  const posteriors = sides.map((logs) => Float64Array.from(logs, (log) => Math.exp(log)));
  const roots = posteriors.map((side) => side.map(Math.sqrt));
  const rows = sides[0]!.length / classes;
  const used = Math.min(rows, MAX_ROWS, Math.ceil(MAX_PROBABILITIES / classes));
  const chosen = new Float64Array(2 * used * classes);
  roots.forEach((values, side) => {
    for (let i = 0; i < used; i++) {
      const row = Math.floor((i * rows) / used);
      chosen.set(values.subarray(row * classes, (row + 1) * classes), (side * used + i) * classes);
    }
  });
  const model = kMeans(
    { shape: [2 * used, classes], data: chosen },
    { clusters: Math.min(clusters, used), seed, restarts: 2, maxIter: 40 },
  );
  return posteriors.map((values, side) => ({
    posteriors: values,
    symbols: assignClusters(model, { shape: [rows, classes], data: roots[side]! }),
    count: model.clusters,
  })) as [Symbols, Symbols];
}

/** BROJA depends only on the margins p(x1, y) and p(x2, y), so this table has sources that are independent given y. */
function coupling(first: Symbols, second: Symbols, classes: number, kept: (row: number) => boolean): BrojaResult {
  const sides = [first, second].map(({ posteriors, symbols, count }) => {
    const mass = new Float64Array(count * classes);
    const byClass = new Float64Array(classes);
    let total = 0;
    for (let i = 0; i < symbols.length; i++) {
      if (!kept(i)) continue;
      total++;
      for (let k = 0; k < classes; k++) {
        mass[symbols[i]! * classes + k]! += posteriors[i * classes + k]!;
        byClass[k]! += posteriors[i * classes + k]!;
      }
    }
    return { mass, share: byClass.map((sum) => sum / total) };
  }) as [{ mass: Float64Array; share: Float64Array }, { mass: Float64Array; share: Float64Array }];
  const py = sides[0].share.map((share, k) => (share + sides[1].share[k]!) / 2);
  const [a, b] = sides.map(({ mass }) => {
    const sums = new Float64Array(classes);
    for (let c = 0; c < mass.length; c++) sums[c % classes]! += mass[c]!;
    return mass.map((value, c) => (sums[c % classes]! > 0 ? (value / sums[c % classes]!) * py[c % classes]! : 0));
  }) as [Float64Array, Float64Array];
  const data = new Float64Array(first.count * second.count * classes);
  for (let i = 0, at = 0; i < first.count; i++) {
    for (let j = 0; j < second.count; j++) {
      for (let k = 0; k < classes; k++, at++) {
        data[at] = py[k]! > 0 ? (a[i * classes + k]! * b[j * classes + k]!) / py[k]! : 0;
      }
    }
  }
  const table = { shape: [first.count, second.count, classes], data };
  if (classes <= FINE_CLASSES) return broja(table, { tol: FINE });
  return broja(table, { tol: COARSE, method: "scaling", maxIter: MAX_SWEEPS });
}

/** I(X; Y) in bits of posteriors [N, K], each row a separate symbol. */
function average(posteriors: Float64Array, classes: number): number {
  return mutualInformation({ shape: [posteriors.length / classes, classes], data: posteriors });
}
