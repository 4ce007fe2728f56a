/**
 * @file The table of docs/quantify.md: `dmil quantify` on real data, reproducible with the data in ../shared.
 *
 * `npx tsx scripts/quantify.ts --write`; without --write it prints. Option: --data ../shared/data.
 */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { quantify } from "../src/cli/commands/quantify.ts";
import type { Amount, Quantified } from "../src/quantify/index.ts";
import { machine, markdownTable, writeRegion } from "./region.ts";

/** Data folder, sources (default: each modality against the others) and folds (default: 5 random ones). */
const RUNS: readonly { readonly data: string; readonly modalities?: string; readonly folds?: string }[] = [
  { data: "indoor-outdoor-sensors", modalities: "humidity,temperature" },
  { data: "indoor-outdoor-sensors", modalities: "humidity,temperature", folds: "own" },
  { data: "mfeat", modalities: "fou,kar" },
  { data: "mfeat", modalities: "fou,kar+zer" },
  { data: "mfeat" },
  { data: "avdigits", modalities: "audio,image" },
  { data: "avdigits", modalities: "audio_noisy,image_pca" },
  { data: "mosi", modalities: "text,audio" },
  { data: "mosi", modalities: "text,audio", folds: "own" },
  { data: "mosi" },
  { data: "wikipedia-image-text" },
  { data: "racketsports" },
];

const { values } = parseArgs({
  options: { data: { type: "string", default: "../shared/data" }, write: { type: "boolean", default: false } },
});
if (!existsSync(values.data)) {
  console.error(`${values.data} does not exist; set the folder of the data sets with --data.`);
  process.exit(1);
}

const rows = [["data", "sources", "samples", "H(Y)", "I1", "I2", "I12", "R", "U1", "U2", "S", "S - R", "says"]];
const times: string[] = [];
const warnings: string[] = [];
for (const { data, modalities, folds } of RUNS) {
  const start = performance.now();
  const flags = { seed: "0", quiet: true, measure: "broja", modalities, folds };
  const { json } = await quantify(path.join(values.data, data), flags as Parameters<typeof quantify>[1]);
  const title = folds === undefined ? data : `${data}, own split`;
  times.push(`${title} ${modalities ?? "(all)"} ${((performance.now() - start) / 1000).toFixed(0)} s`);
  for (const result of (json as { results: Quantified[] }).results) {
    rows.push(row(title, result));
    for (const warning of result.warnings) warnings.push(`${title}, ${result.sources.join(" and ")}: ${warning}`);
  }
}

function row(name: string, { sources, samples, entropy, informations, measures, balance }: Quantified): string[] {
  const { R, U1, U2, S } = measures[0]!.atoms;
  const told = ({ value, lower, upper, real }: Amount): string => {
    const text = `${value.toFixed(2)} ± ${((upper - lower) / 2).toFixed(2)}`;
    return real ? `**${text}**` : text;
  };
  const says = balance.lower > 0 ? "more synergy" : balance.upper < 0 ? "more redundancy" : "neither";
  return [
    name,
    sources.join(" and "),
    String(samples),
    entropy.toFixed(2),
    ...[informations.I1, informations.I2, informations.I12, R, U1, U2, S].map(told),
    `${balance.value.toFixed(2)} [${balance.lower.toFixed(2)}, ${balance.upper.toFixed(2)}]`,
    says,
  ];
}

const text = [
  markdownTable(rows),
  "Bits, by `broja`; ± is half the 95 % interval, bold what is called real. What was warned of:",
  warnings.map((warning) => `- ${warning}`).join("\n"),
  `${machine()}. Wall times: ${times.join(", ")}.`,
].join("\n\n");
console.log(text);
if (values.write) {
  const command = "npx tsx scripts/quantify.ts --write";
  writeRegion("docs/quantify.md", "real data", command, text);
}
