/** @file One run of a sweep: trained without the test split, then evaluated on it once. */
import type { Folder } from "../core/folder.ts";
import { readDataset, readTraining } from "../data/load.ts";
import { planRun, type RunConfig } from "../runs/plan.ts";
import { type RunOptions, startRun } from "../runs/run.ts";
import { writeSampleBits } from "../runs/sample-bits.ts";
import { parseSettings } from "../runs/settings.ts";
import { openTeacher } from "../runs/teacher.ts";
import type { FitEvent } from "../train/events.ts";
import type { SweepEntry } from "./entry.ts";
import { scoreRun } from "./score.ts";

/** The folders of a run. */
export interface RunPlaces {
  readonly data: Folder;
  readonly run: Folder;
  /** The run of the teacher in the settings. */
  readonly teacher?: Folder;
  /** Data of the classes left out of training. */
  readonly unseen?: Folder;
}

/** The part of a manifest entry that a run provides. */
export type RunOutcome = Required<Pick<SweepEntry, "config" | "seconds" | "scores">> &
  Pick<SweepEntry, "secondsPerStep">;

/** Trains and evaluates a run; `reads` are the modalities that the method trains on. @throws the errors of training. */
export async function runSweepJob(
  settings: RunConfig,
  reads: readonly string[],
  places: RunPlaces,
  options: RunOptions = {},
): Promise<RunOutcome> {
  const chosen = { modalities: settings.modalities };
  const training = await readTraining(places.data, chosen);
  const plan = planRun(parseSettings(settings), training.train);
  const pace = paceOf();
  const started = performance.now();
  const { fitted, record } = await startRun(places.run, plan, training, {
    ...options,
    ...(places.teacher !== undefined && { teacher: await openTeacher(places.teacher, training.train) }),
    onEvent(event) {
      pace.onEvent(event);
      options.onEvent?.(event);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const { splits } = await readDataset(places.data, chosen);
  const unseen = places.unseen === undefined ? undefined : (await readDataset(places.unseen, chosen)).splits;
  const { backend, threads } = record.engine!;
  const { scores, bits } = await scoreRun(fitted, splits, {
    seed: plan.config.seed,
    reads,
    backend,
    threads,
    ...(unseen !== undefined && { unseen }),
  });
  if (bits !== undefined) await writeSampleBits(places.run, bits);
  const secondsPerStep = pace.secondsPerStep();
  return { config: plan.config, seconds, scores, ...(secondsPerStep !== undefined && { secondsPerStep }) };
}

/** Measures the seconds per step of the longest stage: the median over epochs, including validation, divided by the steps per epoch. */
function paceOf() {
  const stages = new Map<string, { readonly steps: number; readonly epochs: number[] }>();
  return {
    onEvent(event: FitEvent): void {
      if (event.kind === "stage") stages.set(event.stage, { steps: event.steps, epochs: [] });
      if (event.kind === "epoch") stages.get(event.stage)?.epochs.push(event.seconds);
    },
    secondsPerStep(): number | undefined {
      const total = ({ epochs }: { readonly epochs: readonly number[] }): number => epochs.reduce((a, b) => a + b, 0);
      const [longest] = [...stages.values()]
        .filter(({ epochs }) => epochs.length > 0)
        .sort((a, b) => total(b) - total(a));
      if (longest === undefined) return undefined;
      const { epochs, steps } = longest;
      return epochs.sort((a, b) => a - b)[Math.floor(epochs.length / 2)]! / steps;
    },
  };
}
