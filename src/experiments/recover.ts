/** @file `recover`: trains methods on data with known truth and measures whether they recover the true decomposition. */
import { decimals } from "../core/decimals.ts";
import { runError } from "../core/errors.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { type RecoveryJob, type RecoveryResult, resultSchema } from "./recover/job.ts";
import { type FailedJob, jobKey, type SuiteChoice, suiteJobs } from "./recover/suite.ts";
import { type Verdict, verdicts } from "./recover/targets.ts";
import {
  completed,
  type ExperimentOptions,
  jobRunOf,
  OPTION_KEYS,
  requireUninterrupted,
  storedResults,
} from "./run-jobs.ts";

/** Options of `recover`: which part of the suite is run, and how. */
export interface RecoverOptions extends ExperimentOptions, Partial<SuiteChoice> {}

const CHOICE_KEYS: Keys<SuiteChoice> = { quick: true, seeds: true, methods: true, cases: true, digits: true };

/** The results of the recovery suite. */
export interface Recovery {
  /** In the order of the suite: by case, method and seed. */
  readonly results: readonly RecoveryResult[];
  readonly failed: readonly FailedJob[];
  /** Every target of the recommended method on every case that was run with it. */
  readonly verdicts: readonly Verdict[];
}

/**
 * An experiment on data whose truth is known: each method is trained on each case with each seed, and its accuracy, atoms and gate are
 * compared with the truth and with exact class probabilities. Atoms are in bits; the metrics are those of docs/truth.md. Results in the
 * folder are not computed again if case, method, seed and code are the same.
 * @throws ConfigError for unknown names, RunError if no job gave a result, or on an abort.
 * @example
 * const { results, verdicts } = await recover({ quick: true, methods: ["joint", "dmil"], seeds: [0] });
 */
export async function recover(options: RecoverOptions = {}): Promise<Recovery> {
  checkOptions<RecoverOptions>("recover", options, { ...OPTION_KEYS, ...CHOICE_KEYS });
  const { quick = false, seeds = quick ? [0] : [0, 1, 2], methods, cases, digits } = options;
  const planned = suiteJobs({ quick, seeds, methods, cases, digits });
  const run = jobRunOf("recover", options);
  const jobs = await Promise.all(
    planned.map(async (input) => ({ name: nameOf(input), input, file: `jobs/${await jobKey(input, run.code)}.json` })),
  );
  const stored = await storedResults<"recover">(jobs, resultSchema, run);
  run.tell({ kind: "planned", runs: jobs.length, done: stored.size, skipped: [] });
  const outcomes = await completed("recover", jobs, stored, run, describe);
  const results = planned.flatMap((_, i) => {
    const outcome = outcomes.get(i);
    return outcome?.ok ? [outcome.value] : [];
  });
  requireUninterrupted(run, `${results.length} of ${jobs.length} jobs`);
  const failed = planned.flatMap((job, i) => {
    const outcome = outcomes.get(i);
    return outcome?.ok === false ? [{ job, error: outcome.error }] : [];
  });
  if (results.length === 0) {
    throw runError(`no job gave a result. First error: ${failed[0]?.error ?? "none was selected"}`, { failed });
  }
  return { results, failed, verdicts: verdicts(results) };
}

/** `quad dmil 0`. */
export function nameOf({ case: caseName, method, seed }: RecoveryJob): string {
  return `${caseName} ${method} ${seed}`;
}

function describe({ metrics: { accuracy, identified, gateIdentified } }: RecoveryResult): string {
  const parts = { accuracy: accuracy.all, identified: identified?.labelFree, gate: gateIdentified };
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${decimals(value, 3)}`]))
    .join("  ");
}
