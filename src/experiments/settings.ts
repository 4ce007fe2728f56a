/** @file Builds the settings of one run from those of an experiment: by method and stage, with a batch size that fits the data. */
import type { OptionIssue } from "../core/options.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Plan, planRun } from "../runs/plan.ts";
import { issuesError, parseSettings } from "../runs/settings.ts";
import { stageNames } from "../train/plan.ts";
import type { Experiment } from "./experiment.ts";
import { type Changes, withChanges } from "./tuning.ts";

/** Plans a run with resolved settings; `epochs`, `learningRate` and `patience` of stages that the method does not have are ignored. */
export function planTrial(input: Readonly<Record<string, unknown>>, changes: Changes, train: Dataset): Plan {
  const { epochs, learningRate, patience, ...rest } = withChanges(
    { batchSize: batchSizeFor(train), ...input },
    changes,
  );
  const { stages } = planRun(parseSettings(rest), train).method;
  const names = stageNames({ stages });
  const settings = {
    ...rest,
    ...(epochs !== undefined && { epochs: ofStages(epochs, names) }),
    ...(learningRate !== undefined && { learningRate: ofStages(learningRate, names) }),
    ...(patience !== undefined && { patience: ofStages(patience, names) }),
  };
  const plan = planRun(parseSettings(settings), train);
  const factor = changes.learningRate;
  if (factor === undefined || factor === 1) return plan;
  const rates = Object.entries(plan.config.learningRate).map(([name, rate]) => [name, rate * (factor as number)]);
  const { optimiser } = plan.config; // without a learning rate, which the stages have now
  return planRun(parseSettings({ ...settings, optimiser, learningRate: Object.fromEntries(rates) }), train);
}

/** Merges the settings of a data set into those of the experiment, recursively: `encoder.hidden` of one is kept beside `encoder.dropout` of the other. */
export function mergedSettings(
  general: Readonly<Record<string, unknown>>,
  specific: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map(Object.entries(general));
  for (const [name, value] of Object.entries(specific)) {
    const before = merged.get(name);
    merged.set(name, isSettings(before) && isSettings(value) ? mergedSettings(before, value) : value);
  }
  return Object.fromEntries(merged);
}

function isSettings(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The batch size: the power of two nearest to 1/16 of the training samples, between 8 and 64. */
export function batchSizeFor({ size }: Pick<Dataset, "size">): number {
  return 2 ** Math.min(6, Math.max(3, Math.round(Math.log2(size / 16))));
}

function ofStages(byStage: unknown, stages: readonly string[]): unknown {
  if (typeof byStage !== "object" || byStage === null) return byStage;
  return Object.fromEntries(Object.entries(byStage).filter(([name]) => stages.includes(name)));
}

/** @throws ConfigError for a stage that no method of the sweep has; a stage that only some methods have is allowed. */
export function requireKnownStages({ set, data }: Experiment, known: ReadonlySet<string>): void {
  const parts = [
    { at: ["set"], settings: set },
    ...data.map(({ settings }, i) => ({ at: ["data", i, "settings"], settings })),
  ];
  const issues = parts.flatMap(({ at, settings }) =>
    (["epochs", "learningRate", "patience"] as const).flatMap((setting): OptionIssue[] =>
      Object.keys(Object(settings[setting])).flatMap((name) =>
        known.has(name)
          ? []
          : [
              {
                path: [...at, setting, name],
                message: `no method of this sweep has a stage "${name}". Stages: ${[...known].join(", ")}.`,
              },
            ],
      ),
    ),
  );
  if (issues.length > 0) throw issuesError(issues);
}
