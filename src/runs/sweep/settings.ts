/** @file The settings of one run from those of an experiment: by method and stage, with a batch size for the data. */
import type { OptionIssue } from "../../core/options.ts";
import type { Dataset } from "../../data/dataset.ts";
import { stageNames } from "../../train/plan.ts";
import { type Plan, planRun } from "../plan.ts";
import { issuesError, parseSettings } from "../settings.ts";
import type { Experiment } from "./experiment.ts";
import { type Changes, withChanges } from "./tuning.ts";

/** A run's settings with nothing left open; `epochs` and `learningRate` of stages that the method has not are left out. */
export function planTrial(given: Readonly<Record<string, unknown>>, changes: Changes, train: Dataset): Plan {
  const { epochs, learningRate, ...rest } = withChanges({ batchSize: batchSizeFor(train), ...given }, changes);
  const { stages } = planRun(parseSettings(rest), train).method;
  const names = stageNames({ stages });
  const settings = {
    ...rest,
    ...(epochs !== undefined && { epochs: ofStages(epochs, names) }),
    ...(learningRate !== undefined && { learningRate: ofStages(learningRate, names) }),
  };
  const plan = planRun(parseSettings(settings), train);
  const factor = changes.learningRate;
  if (factor === undefined || factor === 1) return plan;
  const rates = Object.entries(plan.config.learningRate).map(([name, rate]) => [name, rate * (factor as number)]);
  return planRun(parseSettings({ ...settings, learningRate: Object.fromEntries(rates) }), train);
}

/** Settings of the experiment with those of a data set in their place, part by part: `encoder.hidden` of one stays beside `encoder.dropout` of the other. */
export function mergedSettings(
  general: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map(Object.entries(general));
  for (const [name, value] of Object.entries(own)) {
    const before = merged.get(name);
    merged.set(name, isSettings(before) && isSettings(value) ? mergedSettings(before, value) : value);
  }
  return Object.fromEntries(merged);
}

function isSettings(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The power of two nearest to a sixteenth of the training samples, from 8 to 64. */
export function batchSizeFor({ labels }: Pick<Dataset, "labels">): number {
  return 2 ** Math.min(6, Math.max(3, Math.round(Math.log2(labels.length / 16))));
}

function ofStages(given: unknown, stages: readonly string[]): unknown {
  if (typeof given !== "object" || given === null) return given;
  return Object.fromEntries(Object.entries(given).filter(([name]) => stages.includes(name)));
}

/** A stage that no method of the sweep has is a slip; one that some have is meant for those. */
export function requireKnownStages({ set, data }: Experiment, known: ReadonlySet<string>): void {
  const places = [
    { at: ["set"], given: set },
    ...data.map((own, i) => ({ at: ["data", i, "settings"], given: own.settings })),
  ];
  const issues = places.flatMap(({ at, given }) =>
    (["epochs", "learningRate"] as const).flatMap((setting): OptionIssue[] =>
      Object.keys(Object(given[setting])).flatMap((name) =>
        known.has(name)
          ? []
          : [
              {
                path: [...at, setting, name],
                message: `no method here has a stage "${name}". Stages: ${[...known].join(", ")}.`,
              },
            ],
      ),
    ),
  );
  if (issues.length > 0) throw issuesError(issues);
}
