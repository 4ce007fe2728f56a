/**
 * @file Plane: one number per modality, so that a sample is a point of a square and the data can be drawn. Source: ours.
 *
 * Along each side lie 2 K + 1 equal bands, `pair | direct | neutral | direct | pair`: floor(K / 2) bands of pairs (K: the rest on the other
 * end), the same of direct ones, the neutral one in the middle. A direct band encodes a class, a pair band a number, the neutral band nothing:
 * - redundant: the direct band of the class in both: the inner diagonal;
 * - unique_m: that band in m, the neutral band in the other: the middle cross;
 * - synergistic: pair bands whose numbers add up to the class modulo K: the corners.
 * A point is uniform in its band, a tenth of it away from its borders, plus normal noise in widths of a band. The number is fed as
 * 16 bumps, exp(-(14.4 (v - j / 15))^2 / 2): they are a function of v, so the posterior given v is exact for them.
 */

import * as z from "zod";
import { parseOptions } from "../../core/options.ts";
import { type Stream, stream } from "../../core/random.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { checkSplits } from "../check.ts";
import { type Dataset, mapSplits, rowIds, type SplitName } from "../dataset.ts";
import { classTarget } from "../target.ts";
import { type Exact, type Generated, type HiddenState, type Likelihoods, posteriors } from "./exact.ts";
import { componentShares, drawComponent, type MixtureOptions } from "./mixture.ts";
import { sizesSchema } from "./settings.ts";

/** Settings of the plane. */
export interface PlaneOptions {
  readonly seed: number;
  /** K, 2 if left out. */
  readonly classes?: number | undefined;
  /** Standard deviation of the noise in widths of a band, above 0; .05 if left out. */
  readonly noise?: number | undefined;
  /** They sum to 1, as in the interaction mixture; a quarter each if left out. */
  readonly shares?: MixtureOptions["shares"] | undefined;
  /** 600 / 200 / 200 if left out. */
  readonly samples?: Readonly<Record<SplitName, number>> | undefined;
}

const SIDES = ["a", "b"] as const;
const BUMPS = 16;
const SHARPNESS = 14.4;
/** Share of a band that is empty at each border. */
const MARGIN = 0.1;
/** Points of a band over which its density is averaged: far closer to each other than any noise that is worth a picture. */
const NODES = 400;

const part = z.number().min(0).max(1);
const schema = z.strictObject({
  seed: z.int().min(0),
  classes: z.int().min(2).max(7).default(2),
  noise: z
    .number()
    .min(0.01, "the noise is in widths of a band, and at least 0.01, so that exact densities exist")
    .max(10)
    .default(0.05),
  shares: z
    .strictObject({ redundant: part, unique: z.union([part, z.record(z.string(), part)]), synergistic: part })
    .default({ redundant: 0.25, unique: 0.25, synergistic: 0.25 }),
  samples: sizesSchema.default({ train: 600, validation: 200, test: 200 }),
});

interface Square extends HiddenState {
  readonly component: string;
}

/** Three splits of points with true components and bits, and exact probabilities. @throws ConfigError for settings that do not fit. */
export function plane(options: PlaneOptions): Generated {
  const { seed, classes: K, noise, shares, samples } = parseOptions(schema, options, "plane");
  const components = componentShares({ shares, modalities: SIDES }, "plane.shares");
  const squares = squaresOf(components, K);
  const exact: Partial<Record<SplitName, Exact>> = {};
  const splits = mapSplits((split): Dataset => {
    const draw = stream(seed, `plane ${split}`);
    const drawn = Array.from({ length: samples[split] }, () => {
      const component = drawComponent(components, draw);
      const own = squares.filter((square) => square.component === component);
      return own[draw.below(own.length)]!;
    });
    const points = SIDES.map((side, m) => {
      const chance = stream(seed, `plane points ${split} ${side}`);
      return Float64Array.from(drawn, ({ parts }) => pointIn(parts[m]!, K, noise, chance));
    });
    exact[split] = posteriors(
      squares,
      K,
      Object.fromEntries(SIDES.map((side, m) => [side, bandLikelihoods(points[m]!, K, noise)])),
    );
    return {
      name: split,
      ids: drawn.map((_, i) => `${i} (${points.map((own) => own[i]!.toFixed(3)).join(", ")})`),
      modalities: Object.fromEntries(SIDES.map((side, m) => [side, bumps(points[m]!)])),
      ...classTarget(
        rowIds(K),
        Int32Array.from(drawn, ({ label }) => label),
      ),
      truth: drawn.map(({ component }) => component),
      truthBits: Object.fromEntries(
        [...components.keys()].map((name) => [
          name,
          Float32Array.from(drawn, ({ component }) => (component === name ? Math.log2(K) : 0)),
        ]),
      ),
    };
  });
  checkSplits(splits);
  const means = Object.fromEntries([...components].map(([name, share]) => [name, share * Math.log2(K)]));
  return { splits, exact: exact as Record<SplitName, Exact>, means };
}

/** Bands of a side from 0 to 2 K: of pairs, direct ones, the silent one, direct ones, pairs. */
function bandsOf(K: number): { direct: number[]; pair: number[]; silent: number } {
  const half = Math.floor(K / 2);
  const all = Array.from({ length: 2 * K + 1 }, (_, band) => band);
  return {
    pair: [...all.slice(0, half), ...all.slice(half + K + 1)],
    direct: [...all.slice(half, 2 * half), ...all.slice(2 * half + 1, half + K + 1)],
    silent: 2 * half,
  };
}

/** Every square of the plane that holds samples, with its probability. */
function squaresOf(components: ReadonlyMap<string, number>, K: number): Square[] {
  const { direct, pair, silent } = bandsOf(K);
  return [...components].flatMap(([component, share]) =>
    Array.from({ length: K }, (_, label): Square[] => {
      if (component === "synergistic") {
        return pair.map((band, i) => ({
          component,
          label,
          parts: [band, pair[(label - i + K) % K]!],
          weight: share / K / K,
        }));
      }
      const says = (side: string): boolean => component === "redundant" || component === `unique_${side}`;
      const parts = SIDES.map((side) => (says(side) ? direct[label]! : silent));
      return [{ component, label, parts, weight: share / K }];
    }).flat(),
  );
}

/** A noisy place in a band, on a side of length 1. */
function pointIn(band: number, K: number, noise: number, draw: Stream): number {
  return (band + MARGIN + (1 - 2 * MARGIN) * draw.uniform() + noise * draw.normal()) / (2 * K + 1);
}

/** Log-densities of points under each band: the mean of the noise's density over the band's points. */
function bandLikelihoods(points: Float64Array, K: number, noise: number): Likelihoods {
  const states = 2 * K + 1;
  const logs = new Float64Array(points.length * states);
  points.forEach((point, i) => {
    for (let band = 0; band < states; band++) {
      const exponents = Float64Array.from({ length: NODES }, (_, node) => {
        const place = band + MARGIN + ((1 - 2 * MARGIN) * (node + 0.5)) / NODES;
        return -((point * states - place) ** 2) / (2 * noise * noise);
      });
      const top = exponents.reduce((a, b) => Math.max(a, b));
      logs[i * states + band] = top + Math.log(exponents.reduce((sum, v) => sum + Math.exp(v - top), 0));
    }
  });
  return { states, logs };
}

function bumps(points: Float64Array): Tensor<"float32"> {
  const out = float32([points.length, BUMPS]);
  points.forEach((v, i) => {
    for (let j = 0; j < BUMPS; j++) out.data[i * BUMPS + j] = Math.exp(-0.5 * (SHARPNESS * (v - j / (BUMPS - 1))) ** 2);
  });
  return out;
}
