/** @file Plans a run: builds the method with its encoders from settings and data, and resolves all settings. */

import { DmilError, hint } from "../core/errors.ts";
import type { OptionIssue } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import { type Dataset, requireModalities } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import { encoderOf, type WeightFiles } from "../encoders/index.ts";

import { methodNamed, methods, resolveMethod } from "../methods/index.ts";
import { type Method, requireTarget } from "../methods/method.ts";
import { normalizeIssues } from "../modalities/index.ts";
import type { Module, WeightsRecord } from "../nn/module.ts";
import { smoothingFor } from "../targets/index.ts";
import { requireMonitor } from "../train/monitor.ts";
import { type ByStage, ofStage, stageNames } from "../train/plan.ts";
import { sampleWeightsOf } from "../train/weights.ts";
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
  /** The published weights that encoders start from, by modality. */
  readonly weights?: Readonly<Record<string, WeightsRecord>>;
}

/**
 * Builds the method of the settings for the features of `train`, and resolves the settings that depend on it. Weights that the settings
 * name are in `files` (see `readWeightFiles`); without them the plan says what a run would be, but cannot be started.
 * @throws ConfigError for unknown modalities or stages and for what the target of the data does not allow: label smoothing, weights of
 * classes, a metric to monitor (listed in `fields.issues`), or the method.
 */
export function planRun(settings: Settings, train: Dataset, files?: WeightFiles): Plan {
  const available = Object.keys(train.modalities);
  const modalities = settings.modalities ?? available;
  requireModalities(modalities, available, `${settings.data}, modalities`);
  const { perModality } = methods[resolveMethod(settings.method).method]!;
  if (modalities.length < 2 && !perModality) {
    const unimodal = Object.keys(methods).filter((name) => methods[name]!.perModality);
    const message = `one modality (${modalities[0]}) is not enough; ${settings.method} needs two or more. For a single modality: --method ${unimodal[0]} --set options.modality=${modalities[0]}.`;
    throw issuesError([{ path: ["modalities"], message }]);
  }
  const encoders = encodersOf(settings, train, modalities, files);
  const method = methodNamed(resolveMethod(settings.method).method).configure({
    encoders,
    ...(settings.members !== undefined && { members: settings.members }),
    ...settings.options,
  });
  const { kind } = train.target;
  const serving = Object.keys(methods).filter((name) => methods[name]!.targets.includes(kind));
  requireTarget(method, train, ` Methods for ${kindWords[kind].many}: ${serving.join(", ")}.`);
  const { epochs, learningRate = {}, patience = {} } = settings;
  const issues = Object.entries({ epochs, learningRate, patience }).flatMap(([setting, value]) =>
    stageIssues(setting, value, method),
  );
  if (issues.length > 0) throw issuesError(issues);
  if (method.stages.every((stage) => ofStage(epochs, stage) === 0)) {
    throw issuesError([{ path: ["epochs"], message: "every stage has 0 epochs, so nothing would be trained." }]);
  }
  const { members = 1 } = method.description;
  requireMonitor(settings.monitor, kind);
  sampleWeightsOf(train, settings);
  const optimiser = optimiserOf(settings.optimiser);
  const smoothing = smoothingFor(method, kind, settings.labelSmoothing);
  const byStage = (value: (stage: Method["stages"][number]) => number): Record<string, number> =>
    Object.fromEntries(method.stages.map((stage) => [stage.name, value(stage)]));
  const config: RunConfig = {
    ...settings,
    modalities,
    ...((settings.labelSmoothing !== undefined || smoothing > 0) && { labelSmoothing: smoothing }),
    ...((settings.members !== undefined || members > 1) && { members }),
    epochs: byStage((stage) => ofStage(epochs, stage) ?? stage.epochs),
    learningRate: byStage((stage) => ofStage(learningRate, stage) ?? optimiser.learningRate ?? stage.learningRate),
    optimiser: { name: settings.optimiser.name, ...withoutRate(optimiser.settings) },
    options: method.description.options as Settings["options"],
  };
  const weights = Object.entries(encoders).flatMap(([name, module]) =>
    module.weights === undefined ? [] : [[name, module.weights]],
  );
  return { config, method, ...(weights.length > 0 && { weights: Object.fromEntries(weights) }) };
}

/** The encoders of the modalities for samples of their shapes. @throws ConfigError (`fields.issues`) for a modality or shape that does not fit. */
function encodersOf(
  { encoder, encoders = {}, normalize }: Settings,
  { modalities: arrays }: Dataset,
  modalities: readonly string[],
  files?: WeightFiles,
): Record<string, Module> {
  const unknown = Object.keys(encoders).filter((name) => !modalities.includes(name));
  const issues: OptionIssue[] = [
    ...unknown.map((name) => ({
      path: ["encoders", name],
      message: `there is no modality "${name}"${hint(name, modalities)}`,
    })),
    ...normalizeIssues(normalize, modalities).map(({ path, message }) => ({ path: ["normalize", ...path], message })),
  ];
  const built = modalities.flatMap((name): [string, Module][] => {
    const own = ownValue(encoders, name);
    try {
      return [[name, encoderOf(own ?? encoder, arrays[name]!.shape.slice(1), name, files)]];
    } catch (error) {
      if (!(error instanceof DmilError)) throw error;
      const setting = error.fields.file === undefined ? "kind" : "weights";
      issues.push({
        path: own === undefined ? ["encoder", setting] : ["encoders", name, setting],
        message: error.message,
      });
      return [];
    }
  });
  if (issues.length > 0) throw issuesError(issues);
  return Object.fromEntries(built);
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

/** Removes the learning rate from the settings of an optimiser: it is among those of the stages. */
function withoutRate(settings: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== "learningRate"));
}
