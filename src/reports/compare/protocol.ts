/** @file The protocol of a comparison and its tuning, in words, for every form of the report. */
import { type Comparison, LEVEL } from "../../experiments/compare/compare.ts";

/** How metrics were made and tested, a line each. */
export function protocolLines({ settings, split }: Comparison): string[] {
  const units = new Set(settings.map(({ unit }) => unit));
  const overlaps = settings.filter(({ overlap }) => overlap > 0);
  const chosen = settings
    .flatMap(({ methods }) => methods.flatMap(({ runs }) => runs))
    .some(({ tuning }) => tuning !== undefined);
  return [
    `Figures are on the ${split} split: means ± standard deviation over ${[...units].map((unit) => `${unit}s`).join(" or ")}; n counts finished runs. The test split chooses nothing: epochs${chosen ? ", tuned settings" : ""} and calibration come from validation data.`,
    "Intervals hold the mean with 95 % confidence (Student's t).",
    `Differences are paired by seed and split; p is the paired t-test's, two-sided; p (Holm) is corrected over the methods of the table. Signs: exact sign-flip test. Samples: test samples that one of the two alone gets right (over seeds on one split: more often), with McNemar's exact test.`,
    ...(overlaps.length === 0
      ? []
      : [
          "Where a set is split anew, training samples overlap: intervals and tests use the variance of Nadeau and Bengio (2003), with test samples / training samples as overlap; a split counts once, as the mean of its seeds. Pooled samples of splits that share test samples are not independent.",
        ]),
    `The best is marked, and what is tied with it: not shown to differ in the same tests against the best, after Holm's correction over them, at ${LEVEL}. Not shown to differ does not mean equal, and the best of many is partly lucky.`,
  ];
}

/** What tuning tried, by method: `ogm: 12 trials` with what was chosen most often; empty where nothing was tuned. */
export function tuningLines({ settings }: Comparison): string[] {
  const byMethod = new Map<string, { trials: Set<number>; chosen: Map<string, number> }>();
  for (const { method, runs } of settings.flatMap((setting) => setting.methods)) {
    for (const { tuning } of runs) {
      if (tuning === undefined) continue;
      const found = byMethod.get(method) ?? { trials: new Set(), chosen: new Map() };
      byMethod.set(method, found);
      found.trials.add(tuning.trials);
      const text = JSON.stringify(tuning.chosen);
      found.chosen.set(text, (found.chosen.get(text) ?? 0) + 1);
    }
  }
  return [...byMethod].map(([method, { trials, chosen }]) => {
    const [most, times] = [...chosen].sort(([, a], [, b]) => b - a)[0]!;
    const runs = [...chosen.values()].reduce((a, b) => a + b, 0);
    return `${method}: ${[...trials].sort((a, b) => a - b).join(" or ")} trials; chosen in ${times} of ${runs} runs: ${most}`;
  });
}
