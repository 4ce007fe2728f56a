/** @file What a run costs, in words: one line before its first epoch, or the answer of `dmil train --estimate`. */
import type { Dataset } from "../data/dataset.ts";
import type { Frozen } from "../features/frozen.ts";
import type { Method } from "../methods/method.ts";
import { fitOptionsOf } from "../runs/fit-options.ts";
import type { RunConfig } from "../runs/plan.ts";
import { estimate, type RunCost } from "../train/estimate.ts";
import type { FitEvent, StageCost } from "../train/events.ts";
import type { Answer } from "./answer.ts";
import { duration } from "./text.ts";

/** A run that takes longer than this is called hopeless. */
const HOPELESS_SECONDS = 86_400;

/** Kinds of encoders that are too cheap for a line about costs. */
const CHEAP: readonly string[] = ["mlp"];

/** Measures what a run costs, without training it. */
export async function estimated(
  { config, method }: { readonly config: RunConfig; readonly method: Method },
  data: { readonly train: Dataset; readonly validation: Dataset },
  frozen: Frozen | undefined,
): Promise<Answer> {
  const cost = await estimate(method, data, { ...fitOptionsOf(config), ...(frozen !== undefined && { frozen }) });
  const memory = peakMemory();
  const features = cost.features.map(
    ({ modality, samples, secondsASample }) =>
      `features of ${modality}, once: about ${duration(samples * secondsASample)} for ${samples} training samples (measured on a few)`,
  );
  const lines = cost.stages.map((stage) => `${costOf(method, cost.parameters, stage, memory)} (stage ${stage.stage})`);
  const total = totalSeconds(cost);
  return {
    text: [
      ...features,
      ...lines,
      `all epochs: about ${duration(total)}, measured on ${cost.stages.length === 1 ? "its" : "each stage's"} first steps; without validation`,
      ...adviceFor(method, cost.stages, total),
    ].join("\n"),
    json: { config, encoders: kindsOf(method), ...cost, seconds: total, memory },
  };
}

/** Adds a note about the cost of each stage to the events of a run, if an encoder is not cheap. */
export function announcingCost(method: Method, onEvent: (event: FitEvent) => void): (event: FitEvent) => void {
  if (Object.values(kindsOf(method)).every((kind) => CHEAP.includes(kind))) return onEvent;
  let parameters = 0;
  return (event) => {
    if (event.kind === "started") parameters = event.parameters;
    onEvent(event);
    if (event.kind !== "estimate") return;
    const total = event.secondsAStep * event.steps * event.epochs;
    const lines = [costOf(method, parameters, event, peakMemory()), ...adviceFor(method, [event], total)];
    for (const message of lines) onEvent({ kind: "note", message });
  };
}

function kindsOf({ description }: Method): Record<string, string> {
  return Object.fromEntries(Object.entries(description.encoders).map(([name, { kind }]) => [name, kind]));
}

/** `resnet18 x 2: 22.4 M parameters, 3.6 GFLOP a sample (10.9 in training), about 11 min an epoch, 1.2 GB of memory` */
function costOf(method: Method, parameters: number, { steps, secondsAStep, flops }: StageCost, memory: number): string {
  const kinds = Object.values(kindsOf(method));
  const named = [...new Set(kinds)].map((kind) => {
    const times = kinds.filter((own) => own === kind).length;
    return times === 1 ? kind : `${kind} x ${times}`;
  });
  const work = `${scaled(flops.forward)}FLOP a sample (${scaled(flops.step)}FLOP in training)`;
  return `${named.join(", ")}: ${scaled(parameters).trimEnd()} parameters, ${work}, about ${duration(steps * secondsAStep)} an epoch, ${scaled(memory)}B of memory so far`;
}

function totalSeconds({ stages, features }: RunCost): number {
  const encoding = features.reduce((sum, { samples, secondsASample }) => sum + samples * secondsASample, 0);
  return stages.reduce((sum, { epochs, steps, secondsAStep }) => sum + epochs * steps * secondsAStep, encoding);
}

/** What is cheaper, if training would take longer than a day. */
function adviceFor(method: Method, stages: readonly StageCost[], seconds: number): string[] {
  if (seconds < HOPELESS_SECONDS) return [];
  const [dearest] = Object.entries(kindsOf(method)).filter(([, kind]) => !CHEAP.includes(kind) && kind !== "onnx");
  const [modality = "NAME"] = dearest ?? [];
  // Frozen features cost one prediction of each sample, and training a step of each sample in each epoch.
  const work = stages.reduce((sum, { epochs, flops }) => sum + epochs * flops.step, 0);
  const times = Math.round(work / Math.max(...stages.map(({ flops }) => flops.forward)));
  return [
    `about ${duration(seconds)} in all. Frozen features take one prediction of each sample instead of ${times} times its operations: --encoder ${modality}=onnx:FILE; images of half the height and width take a quarter of the time; fewer epochs: --epochs.`,
  ];
}

function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** `22.4 M`, `3.6 G`, `712 ` */
function scaled(value: number): string {
  const units = ["", "k", "M", "G", "T", "P"];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const number = power === 0 ? String(Math.round(value)) : (value / 1000 ** power).toPrecision(3);
  return `${number} ${units[power]}`;
}
