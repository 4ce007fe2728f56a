/** @file Plans a run: builds the method with its encoders from settings and data, and resolves all settings. */

import { hint } from "../core/errors.ts";
import type { OptionIssue } from "../core/options.ts";
import { type Dataset, featureCount, requireModalities } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import { requireKind } from "../data/target.ts";
import { methodNamed, methods, resolveMethod } from "../methods/index.ts";
import type { Method } from "../methods/method.ts";
import { mlp } from "../nn/mlp.ts";
import { smoothingFor } from "../targets/index.ts";
import { type ByStage, ofStage, stageNames } from "../train/plan.ts";
import { issuesError, optimiserOf, type Settings } from "./settings.ts";

/** Fully resolved settings, except for choices of the backend; they are valid `Settings`. */
export interface RunConfig extends Settings {
  readonly modalities: readonly string[];
  /** Epochs of every stage, in order. */
  readonly epochs: Readonly<Record<string, number>>;
  /** Learning rate of every stage, in order. */
  readonly learningRate: Readonly<Record<string, number>>;
}

/** A run that can be started. */
export interface Plan {
  readonly config: RunConfig;
  readonly method: Method;
}

/**
 * Builds the method of the settings for the features of `train`, and resolves the settings that depend on it.
 * @throws ConfigError for unknown modalities or stages and for label smoothing of values (listed in `fields.issues`), and for a method
 * that does not support the kind of target of the data.
 */
export function planRun(settings: Settings, train: Dataset): Plan {
  const available = Object.keys(train.modalities);
  const modalities = settings.modalities ?? available;
  requireModalities(modalities, available, `${settings.data}, modalities`);
  const { perModality } = methods[resolveMethod(settings.method).method]!;
  if (modalities.length < 2 && !perModality) {
    const unimodal = Object.keys(methods).filter((name) => methods[name]!.perModality);
    const message = `one modality (${modalities[0]}) is not enough; ${settings.method} needs two or more. For a single modality: --method ${unimodal[0]} --set options.modality=${modalities[0]}.`;
    throw issuesError([{ path: ["modalities"], message }]);
  }
  const { hidden, ...mlpOptions } = settings.encoder;
  const encoders = Object.fromEntries(
    modalities.map((name) => [name, mlp([featureCount(train.modalities[name]!), ...hidden], mlpOptions)]),
  );
  const method = methodNamed(resolveMethod(settings.method).method)({
    encoders,
    ...(settings.members !== undefined && { members: settings.members }),
    ...settings.options,
  } as never) as unknown as Method;
  requireTarget(method, train);
  const { epochs, learningRate = {} } = settings;
  const issues = [...stageIssues("epochs", epochs, method), ...stageIssues("learningRate", learningRate, method)];
  if (issues.length > 0) throw issuesError(issues);
  if (method.stages.every((stage) => ofStage(epochs, stage) === 0)) {
    throw issuesError([{ path: ["epochs"], message: "every stage has 0 epochs, so nothing would be trained." }]);
  }
  const { members = 1 } = method.description;
  const smoothing = smoothingFor(method, train.target.kind, settings.labelSmoothing);
  const byStage = (value: (stage: Method["stages"][number]) => number): Record<string, number> =>
    Object.fromEntries(method.stages.map((stage) => [stage.name, value(stage)]));
  const config: RunConfig = {
    ...settings,
    modalities,
    ...((settings.labelSmoothing !== undefined || smoothing > 0) && { labelSmoothing: smoothing }),
    ...((settings.members !== undefined || members > 1) && { members }),
    epochs: byStage((stage) => ofStage(epochs, stage) ?? stage.epochs),
    learningRate: byStage((stage) => ofStage(learningRate, stage) ?? stage.learningRate),
    optimiser: { name: settings.optimiser.name, ...withoutRate(optimiserOf(settings.optimiser).settings) },
    options: method.description.options as Settings["options"],
  };
  return { config, method };
}

/** @throws ConfigError if the method does not support the kind of target of the data; the message lists the methods that do. */
function requireTarget({ name, targets = ["multiclass"] }: Method, train: Dataset): void {
  const { kind } = train.target;
  const others = Object.keys(methods).filter((other) => methods[other]!.targets.includes(kind));
  requireKind(train, targets, name, `Methods for ${kindWords[kind].many}: ${others.join(", ")}.`);
}

function stageIssues(setting: string, value: ByStage, method: Method): OptionIssue[] {
  const stages = stageNames(method);
  return Object.keys(value)
    .filter((name) => !stages.includes(name))
    .map((name) => ({
      path: [setting, name],
      message: `${method.name} has no stage "${name}"${hint(name, stages)}`,
    }));
}

/** Removes the learning rate from the settings of an optimiser, because each stage has its own. */
function withoutRate(settings: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== "learningRate"));
}
