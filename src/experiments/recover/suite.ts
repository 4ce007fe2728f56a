/** @file The jobs of the suite, the keys of stored results, and the rows of a report. */
import { configError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { MOST_RUNS } from "../entry.ts";
import { CASES } from "./cases.ts";
import type { RecoveryJob } from "./job.ts";
import { SUITE_METHODS } from "./settings.ts";

/** Which part of the suite is run. */
export interface SuiteChoice {
  /** Whether to run two cases with fewer samples. */
  readonly quick: boolean;
  readonly seeds: readonly number[];
  /** Names of methods; default: all. */
  readonly methods?: readonly string[] | undefined;
  /** Names of cases, or prefixes of names; default: all of the suite. */
  readonly cases?: readonly string[] | undefined;
  /** Path of the folder of digits; without it, the cases made from it are omitted. */
  readonly digits?: string | undefined;
}

/** A failed job. */
export interface FailedJob {
  readonly job: RecoveryJob;
  readonly error: string;
}

/** The jobs of a suite, case by case. @throws ConfigError for unknown names. */
export function suiteJobs({ quick, seeds, methods, cases, digits }: SuiteChoice): RecoveryJob[] {
  const known = Object.keys(SUITE_METHODS);
  const odd = methods?.find((name) => !known.includes(name));
  if (odd !== undefined) throw configError(`--methods: there is no "${odd}". Allowed: ${known.join(", ")}.`);
  const chosen =
    cases === undefined
      ? CASES.filter((own) => (!quick || own.quick) && (own.digits !== true || digits !== undefined))
      : CASES.filter((own) => cases.some((start) => own.name.startsWith(start)));
  const unmatched = cases?.find((start) => !CASES.some((own) => own.name.startsWith(start)));
  if (unmatched !== undefined) {
    throw configError(
      `--cases: no case is named "${unmatched}" or begins so. Allowed: ${CASES.map(({ name }) => name).join(", ")}.`,
    );
  }
  const silent = chosen.find((own) => own.digits === true && digits === undefined);
  if (silent !== undefined) {
    throw configError(
      `--cases: ${silent.name} is made from real recordings; name the folder of the data set avdigits: --digits AVDIGITS.`,
    );
  }
  const jobs = chosen.length * (methods ?? known).length * seeds.length;
  if (jobs > MOST_RUNS)
    throw configError(`--seeds: make ${jobs} jobs; at most ${MOST_RUNS} are possible, so name fewer.`);
  return chosen.flatMap((own) =>
    (methods ?? known).flatMap((method) =>
      seeds.map((seed) => ({
        case: own.name,
        method,
        seed,
        quick,
        ...(own.digits === true && { digits: digits! }),
      })),
    ),
  );
}

/** The key of a stored result: a hash of the job and of the code that runs it. */
export async function jobKey({ case: own, method, seed, quick, digits }: RecoveryJob, code: string): Promise<string> {
  const hash = await sha256(new TextEncoder().encode(JSON.stringify([own, method, seed, quick, code, digits])));
  return `${own}-${method}-${seed}-${hash.slice(0, 12)}`;
}
