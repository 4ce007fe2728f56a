/** @file The targets of the recommended method, and whether they are met. */
import type { RecoveryResult } from "./job.ts";
import { cells, type Measured, measure, metricNamed } from "./metrics.ts";

/** One target: a limit for a metric of a method on some cases. */
export interface Target {
  readonly name: string;
  readonly cases: RegExp;
  readonly metric: string;
  readonly relation: ">=" | "<=";
  readonly limit: number;
}

/** The method the targets are for. */
export const TARGET_METHOD = "dmil";

const easy = /^mixture-k[24]-\w+-3$/;
/** The leakage target also applies to the set of three modalities. */
const leaking = /^(mixture-k[24]-\w+-3|three)$/;
const planes = /^plane-/;
const noisy = /^mixture-k[24]-\w+-6$/;

/** The targets, in the order of the report. */
export const TARGETS: readonly Target[] = [
  {
    name: "accuracy behind Bayes, worst type",
    cases: easy,
    metric: "behind-bayes",
    relation: "<=",
    limit: 0.01,
  },
  { name: "identified label-free", cases: easy, metric: "identified", relation: ">=", limit: 0.99 },
  { name: "identified with the label", cases: easy, metric: "identified-label", relation: ">=", limit: 0.98 },
  { name: "error per atom, of log2 K", cases: easy, metric: "error", relation: "<=", limit: 0.05 },
  { name: "gate names the true type, share of samples", cases: easy, metric: "gate", relation: ">=", limit: 0.97 },
  {
    name: "S's own information on R and U samples, of log2 K",
    cases: leaking,
    metric: "leak-synergy",
    relation: "<=",
    limit: 0.05,
  },
  {
    name: "U_m's own information on U_n samples, of log2 K",
    cases: leaking,
    metric: "leak-unique",
    relation: "<=",
    limit: 0.05,
  },
  {
    name: "S's own information on S samples, of log2 K",
    cases: leaking,
    metric: "synergy-kept",
    relation: ">=",
    limit: 0.8,
  },
  { name: "identified label-free", cases: noisy, metric: "identified", relation: ">=", limit: 0.95 },
  { name: "identified label-free", cases: /^mixture-k8-/, metric: "identified", relation: ">=", limit: 0.97 },
  {
    name: "identified behind the exact-density ceiling",
    cases: /^quad$/,
    metric: "behind-ceiling",
    relation: "<=",
    limit: 0.03,
  },
  {
    name: "mean atoms with the label against the exact density's, bits",
    cases: /^quad$/,
    metric: "means-off",
    relation: "<=",
    limit: 0.04,
  },
  {
    name: "mean atoms label-free against the exact density's, bits",
    cases: /^quad$/,
    metric: "means-off-free",
    relation: "<=",
    limit: 0.04,
  },
  {
    name: "largest mean atom that is not there, bits",
    cases: /^noise$/,
    metric: "absent-atoms",
    relation: "<=",
    limit: 0.03,
  },
  {
    name: "identified label-free, worst type",
    cases: /^three$/,
    metric: "identified-worst",
    relation: ">=",
    limit: 0.95,
  },
  {
    name: "synergy that is not there, worst type, bits",
    cases: planes,
    metric: "absent-synergy",
    relation: "<=",
    limit: 0.1,
  },
  {
    name: "set of synergy (pairs, all three) named behind the exact posterior",
    cases: /^synergy-sets$/,
    metric: "sets-behind",
    relation: "<=",
    limit: 0.05,
  },
  { name: "identified label-free", cases: /^digits-clean$/, metric: "identified", relation: ">=", limit: 0.9 },
  {
    name: "identified label-free behind the ceiling",
    cases: /^digits-noisy$/,
    metric: "behind-naming",
    relation: "<=",
    limit: 0.05,
  },
];

/** A target on one case. */
export interface Verdict {
  readonly target: Target;
  readonly case: string;
  readonly measured: Measured;
  /** Whether the mean over seeds meets the limit. */
  readonly met: boolean;
  /** The same metric of the exact posterior, if it bounds what can be reached. */
  readonly ceiling: Measured | undefined;
}

/** Every target on every case that was run with its method. */
export function verdicts(results: readonly RecoveryResult[]): Verdict[] {
  const own = cells(results).filter(({ method }) => method === TARGET_METHOD);
  return TARGETS.flatMap((target) =>
    own
      .filter((cell) => target.cases.test(cell.case))
      .flatMap((cell): Verdict[] => {
        const metric = metricNamed(target.metric);
        const value = measure(metric, cell.results);
        if (value === undefined) return [];
        const exact = cell.results.map((result) => ({ ...result, figures: result.ceiling }));
        return [
          {
            target,
            case: cell.case,
            measured: value,
            met: target.relation === ">=" ? value.mean >= target.limit : value.mean <= target.limit,
            ceiling: target.metric.startsWith("identified") ? measure(metric, exact) : undefined,
          },
        ];
      }),
  );
}
