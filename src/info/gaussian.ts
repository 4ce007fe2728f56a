/** @file Closed forms for continuous laws: classes seen through Gaussian noise, and three jointly normal numbers. */
import { configError } from "../core/errors.ts";
import { checkKeys, checkPositive, checkWhole, inUnit, NATS_PER_BIT, type UnitOption } from "./options.ts";
import type { Atoms } from "./sources.ts";
import { normalCdf, normalDensity } from "./special.ts";

/** Steps of the quadrature in log t and in standard deviations: more than ten digits. */
const STEP = 0.02;
const NORMAL_STEP = 0.01;
const NORMAL_END = 12;

/**
 * J_n(sigma) = I(X; Y) for Y uniform on n classes and X = e_Y + sigma * standard normal noise [n]; in bits, or `unit: "nats"`.
 * ln n + 1 / sigma^2 - E ln(sum of n log-normals), the last by ln S = integral of (e^-t - e^-tS) dt / t over log t, which needs
 * no simulation. Source: ours; the identity is Frullani's.
 *
 * @throws ConfigError for n below 2 or a sigma that is not above 0.
 * @example gaussianClassInformation(10, 0.5)  // 1.9334005225
 */
export function gaussianClassInformation(n: number, sigma: number, options: UnitOption = {}): number {
  checkKeys("gaussianClassInformation", options, ["unit"]);
  checkWhole("gaussianClassInformation", "classes", n, 2);
  checkPositive("gaussianClassInformation", "sigma", sigma);
  const shift = 1 / (sigma * sigma);
  // A step that divides the shift makes the transform of the right class a shifted copy of the others'.
  const shiftSteps = Math.ceil(shift / STEP);
  const step = shift / shiftSteps;
  const stride = Math.max(1, Math.floor(NORMAL_STEP / (sigma * step)));
  const normalStep = stride * step * sigma;
  const reach = Math.ceil(NORMAL_END / normalStep);
  const weights = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, i) => normalDensity((i - reach) * normalStep) * normalStep,
  );
  const from = -(shift + 14 / sigma + 45);
  const count = Math.ceil((60 - from) / step) + 1;
  const margin = reach * stride;
  const decay = Float64Array.from({ length: count + shiftSteps + 2 * margin }, (_, j) =>
    Math.exp(-Math.exp(from + (j - margin) * step)),
  );
  const transform = new Float64Array(count + shiftSteps);
  for (let j = 0; j < transform.length; j++) {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * decay[j + i * stride]!;
    transform[j] = sum;
  }
  let integral = 0;
  for (let j = 0; j < count; j++) {
    integral += decay[j + margin]! - transform[j + shiftSteps]! * transform[j]! ** (n - 1);
  }
  return inUnit(Math.log(n) + shift - integral * step, options);
}

/** The set of classes seen twice through correlated noise: n classes, noise sigma, correlation rho of the two noises. */
export interface GaussianClassesOptions {
  /** n; 10. */
  readonly classes?: number;
  /** Correlation of the noises, above -1 and at most 1; 0.5. */
  readonly rho?: number;
  /** Standard deviation of the noise; 0.5. */
  readonly sigma?: number;
}

/** Exact informations, atoms (BROJA, MMI and I_min agree) and accuracies of Bayes classifiers; bits and shares. */
export interface GaussianClasses extends Atoms {
  readonly I1: number;
  readonly I2: number;
  readonly I12: number;
  /** Accuracy of the best classifier of one source. */
  readonly accuracyOne: number;
  /** Accuracy of the best classifier of both. */
  readonly accuracyJoint: number;
}

/**
 * Exact values for x1 = e_y + sigma u, x2 = e_y + sigma (rho u + sqrt(1 - rho^2) v), y uniform: equal channels, so nothing is
 * unique, and (x1 + x2) / 2 is sufficient for both. Bits. Source: ours; the set is the one of LSMI, ICML 2025.
 * @example gaussianClasses({ classes: 10, rho: 0.5, sigma: 0.5 }).S  // 0.3734175149
 */
export function gaussianClasses(options: GaussianClassesOptions = {}): GaussianClasses {
  checkKeys("gaussianClasses", options, ["classes", "rho", "sigma"]);
  const { classes, rho, sigma } = checkedClasses("gaussianClasses", options);
  const both = sigma * Math.sqrt((1 + rho) / 2);
  const I1 = gaussianClassInformation(classes, sigma);
  const I12 = gaussianClassInformation(classes, both);
  return {
    I1,
    I2: I1,
    I12,
    R: I1,
    U1: 0,
    U2: 0,
    S: I12 - I1,
    accuracyOne: classAccuracy(classes, sigma),
    accuracyJoint: classAccuracy(classes, both),
  };
}

/** Options with defaults, checked. */
export function checkedClasses(where: string, options: GaussianClassesOptions): Required<GaussianClassesOptions> {
  const { classes = 10, rho = 0.5, sigma = 0.5 } = options;
  checkWhole(where, "classes", classes, 2);
  checkPositive(where, "sigma", sigma);
  if (!(rho > -1 && rho <= 1))
    throw configError(`${where}: rho is ${rho}; it must lie above -1 and be at most 1.`, { rho });
  return { classes, rho, sigma };
}

/** P(the right class's number is the largest). */
function classAccuracy(n: number, sigma: number): number {
  let sum = 0;
  for (let z = -NORMAL_END; z <= NORMAL_END; z += NORMAL_STEP) {
    sum += normalDensity(z) * normalCdf(z + 1 / sigma) ** (n - 1);
  }
  return sum * NORMAL_STEP;
}

/** Correlations of three jointly Gaussian numbers. */
export interface GaussianTripleOptions {
  /** Of x1 and y. */
  readonly rho1: number;
  /** Of x2 and y. */
  readonly rho2: number;
  /** Of x1 and x2. */
  readonly rho12: number;
}

/**
 * Informations and atoms of jointly Gaussian x1, x2 and y (a number, not a class); BROJA and MMI agree. Bits.
 * Source: Barrett 2015.
 *
 * @throws ConfigError for correlations that no three numbers have, or that fix y exactly.
 * @example gaussianTriple({ rho1: 0.5, rho2: 0.5, rho12: 0 }).S  // 0.2925
 */
export function gaussianTriple(options: GaussianTripleOptions): Atoms & { I1: number; I2: number; I12: number } {
  checkKeys("gaussianTriple", options, ["rho1", "rho2", "rho12"]);
  const { rho1, rho2, rho12 } = options;
  const squared = (rho1 * rho1 + rho2 * rho2 - 2 * rho1 * rho2 * rho12) / (1 - rho12 * rho12);
  if (!(Math.abs(rho12) < 1 && Math.abs(rho1) < 1 && Math.abs(rho2) < 1 && squared < 1)) {
    throw configError(
      `gaussianTriple: correlations ${rho1}, ${rho2} with the target and ${rho12} between; each must lie between -1 and 1 and ` +
        "their matrix must be positive definite.",
      { rho1, rho2, rho12 },
    );
  }
  const bits = (share: number): number => (-0.5 * Math.log1p(-share)) / NATS_PER_BIT;
  const [I1, I2, I12] = [bits(rho1 * rho1), bits(rho2 * rho2), bits(squared)];
  const R = Math.min(I1, I2);
  return { I1, I2, I12, R, U1: I1 - R, U2: I2 - R, S: I12 - Math.max(I1, I2) };
}
