/** @file Reports of interactions as text: a summary, and single samples. */
import type { SampleReport } from "../interactions/report.ts";
import type { Summary } from "../interactions/summary.ts";
import { share, table } from "./text.ts";

/** Accuracy and mean gate shares, over all and by class. */
export function describeSummary(summary: Summary): string {
  const components = Object.keys(summary.gate);
  const row = (name: string, { samples, accuracy, gate }: Pick<Summary, "samples" | "accuracy" | "gate">): string[] => [
    name,
    String(samples),
    share(accuracy),
    ...components.map((component) => share(gate[component])),
  ];
  const header = ["class", "samples", "accuracy", ...components.map((component) => `gate ${component}`)];
  const rows = [row("all", summary), ...Object.entries(summary.classes).map(([name, group]) => row(name, group))];
  const rate =
    summary.synergyRate === undefined
      ? ""
      : `\nsynergy rate ${share(summary.synergyRate)}: right as a whole where every modality alone is wrong`;
  const meaning =
    components.length === 0
      ? "\nthis method has no gate"
      : "\na gate is a component's share of the prediction, not an amount of information";
  return `${table([header, ...rows])}${rate}${meaning}`;
}

/** Up to three samples: the first in order for each component that leads the gate, then the first of all. */
export function describeSamples(samples: readonly SampleReport[], limit = 3): string {
  const leaders = new Map<string, SampleReport>();
  for (const sample of samples) {
    const leader = leaderOf(sample.gate);
    if (leader !== undefined && !leaders.has(leader)) leaders.set(leader, sample);
  }
  const chosen = [...new Set([...leaders.values(), ...samples.slice(0, limit)])].slice(0, limit);
  return chosen.map(describeSample).join("\n\n");
}

function describeSample(sample: SampleReport): string {
  const probability = share(sample.probabilities[sample.prediction]);
  const verdict =
    sample.label === undefined
      ? "no label"
      : `label ${sample.label}, ${sample.label === sample.prediction ? "right" : "wrong"}`;
  const title = `sample ${sample.id}: ${sample.prediction} with probability ${probability} (${verdict})`;
  const components = Object.entries(sample.components).map(([name, own]) => [
    `  ${name}`,
    `gate ${share(sample.gate[name])}`,
    `says ${own.prediction} with ${share(own.probability)}`,
  ]);
  const modalities = Object.entries(sample.modalities).map(([name, own]) => [
    `  ${name} alone`,
    "",
    `says ${own.prediction} with ${share(own.probability)}`,
  ]);
  return `${title}\n${table([...components, ...modalities])}`;
}

function leaderOf(gate: SampleReport["gate"]): string | undefined {
  return Object.entries(gate).sort(([, a], [, b]) => b - a)[0]?.[0];
}
