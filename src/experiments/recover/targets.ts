/** @file The targets of the recommended method, and whether they are met. */
import type { RecoveryResult } from "./job.ts";
import { cells, METRICS, type Measured, measure } from "./metrics.ts";

/** One target: a limit for a metric of a method on some cases. */
export interface Target {
  readonly name: string;
  readonly cases: RegExp;
  readonly metric: string;
  readonly relation: ">=" | "<=";
  readonly limit: number;
}

function target(name: string, cases: RegExp, metric: string, relation: Target["relation"], limit: number): Target {
  return { name, cases, metric, relation, limit };
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
  target("accuracy behind Bayes, worst type", easy, "behind-bayes", "<=", 0.01),
  target("identified label-free", easy, "identified", ">=", 0.99),
  target("identified with the label", easy, "identified-label", ">=", 0.98),
  target("error per atom, of log2 K", easy, "error", "<=", 0.05),
  target("gate names the true type, share of samples", easy, "gate", ">=", 0.97),
  target("S's own information on R and U samples, of log2 K", leaking, "leak-synergy", "<=", 0.05),
  target("U_m's own information on U_n samples, of log2 K", leaking, "leak-unique", "<=", 0.05),
  target("S's own information on S samples, of log2 K", leaking, "synergy-kept", ">=", 0.8),
  target("identified label-free", noisy, "identified", ">=", 0.95),
  target("identified label-free", /^mixture-k8-/, "identified", ">=", 0.97),
  target("identified behind the exact-density ceiling", /^quad$/, "behind-ceiling", "<=", 0.03),
  target("mean atoms with the label against the exact density's, bits", /^quad$/, "means-off", "<=", 0.04),
  target("mean atoms label-free against the exact density's, bits", /^quad$/, "means-off-free", "<=", 0.04),
  target("largest mean atom that is not there, bits", /^noise$/, "absent-atoms", "<=", 0.03),
  target("identified label-free, worst type", /^three$/, "identified-worst", ">=", 0.95),
  target("synergy that is not there, worst type, bits", planes, "absent-synergy", "<=", 0.1),
  target(
    "set of synergy (pairs, all three) named behind the exact posterior",
    /^synergy-sets$/,
    "sets-behind",
    "<=",
    0.05,
  ),
  target("identified label-free", /^digits-clean$/, "identified", ">=", 0.9),
  target("identified label-free behind the ceiling", /^digits-noisy$/, "behind-naming", "<=", 0.05),
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
        const metric = METRICS[target.metric]!;
        const value = measure(metric, cell.results);
        if (value === undefined) return [];
        const exact = cell.results.map((result) => ({ ...result, metrics: result.ceiling }));
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
