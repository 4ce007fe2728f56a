/** @file All cross-fits of features: to the labels, to permuted labels, and by the data's own split; with progress messages. */
import { configError } from "../core/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Fold } from "../data/folds.ts";
import { type Crossfit, type CrossfitOptions, crossfit, permutedLabels } from "./crossfit.ts";

/** Minimum seconds between two progress messages of a running task. */
const PROGRESS_SECONDS = 2;

type Tell = (what: string, share: number, finished?: boolean) => void;

/** Limits the rate of progress messages: finished tasks are reported at once, running ones every `PROGRESS_SECONDS` seconds. */
export function paced(onProgress: (what: string, share: number) => void = () => {}): Tell {
  let last = performance.now();
  return (what, share, finished = false) => {
    if (!finished && performance.now() - last < 1000 * PROGRESS_SECONDS) return;
    last = performance.now();
    onProgress(what, share);
  };
}

/** The cross-fit (`terms`), those to permuted labels, and the fit of the data's own split (`again`) where `dataSplit` is given. */
export async function fits(
  usable: Dataset,
  folds: readonly Fold[],
  dataSplit: Fold | undefined,
  options: Omit<CrossfitOptions, "density" | "logs" | "onFold"> & { readonly nulls: number },
  { density, logs, tell }: { readonly density: boolean; readonly logs: boolean; readonly tell: Tell },
): Promise<{ terms: Crossfit; permuted: Crossfit[]; again: Crossfit | undefined }> {
  const { nulls, seed } = options;
  if (!Number.isSafeInteger(nulls) || nulls < 1) {
    throw configError(`quantify: nulls is ${nulls}; a whole number from 1 is needed.`, { nulls });
  }
  const all = folds.length * (1 + nulls) + (dataSplit === undefined ? 0 : 1);
  let done = 0;
  const run = (data: Dataset, which: readonly Fold[], what: string, densities = false): Promise<Crossfit> =>
    crossfit(data, which, {
      ...options,
      density: densities,
      logs,
      onFold: (fold) => {
        const text = `${what}, fold ${Math.ceil(fold)} of ${which.length}`;
        tell(text, (0.95 * (done + fold)) / all, Number.isInteger(fold));
      },
    }).then((result) => {
      done += which.length;
      return result;
    });
  const terms = await run(usable, folds, "classifiers", density);
  const permuted: Crossfit[] = [];
  for (let round = 0; round < nulls; round++) {
    const shuffled = await run(permutedLabels(usable, seed, round), folds, "permuted labels");
    // Densities do not depend on labels.
    permuted.push(terms.density === undefined ? shuffled : { ...shuffled, density: terms.density });
  }
  const again = dataSplit === undefined ? undefined : await run(usable, [dataSplit], "the data's own split");
  return { terms, permuted, again };
}
