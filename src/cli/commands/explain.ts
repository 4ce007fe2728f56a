/** @file `dmil explain`: what each component contributed, as a table with one row per sample or as a summary with three samples. */
import type { SplitName } from "../../data/dataset.ts";
import { requireKind } from "../../data/target.ts";
import { explain as explainModel } from "../../interactions/explain.ts";
import { explainTarget, flattenTarget, type TargetReport } from "../../interactions/explain-target.ts";
import { sampleRow } from "../../interactions/report.ts";
import { encodeTable, tableFormat } from "../../runs/tables.ts";
import { targetTypes } from "../../targets/index.ts";
import type { Answer } from "../answer.ts";
import { comparedWithCeiling } from "../ceiling.ts";
import { describeGroups, describeSamples, describeTarget, describeTargetSamples } from "../explanation.ts";
import type { CacheFlags } from "../frozen.ts";
import { aboutUnfinished, openForQuestions, writeFile } from "../open-data.ts";
import { probeModel } from "../probing.ts";
import { count } from "../text.ts";

export interface ExplainFlags extends CacheFlags {
  readonly split: SplitName;
  readonly data?: string;
  readonly out?: string;
  readonly probe?: boolean;
}

/** Explains a split. */
export async function explain(run: string, flags: ExplainFlags): Promise<Answer> {
  const { split, data, out, probe } = flags;
  if (out !== undefined) tableFormat(out); // reports a wrong extension before the work is done
  const question = await openForQuestions(run, flags);
  const { fitted, record, dataset, warnings } = question;
  const unfinished = aboutUnfinished(question);
  const backend = record.engine?.backend ?? "auto";
  const { method } = record.config;
  const about: About = {
    facts: { run, method, split, data: data ?? record.data.path, ...(out && { out }), ...unfinished.json, warnings },
    title: `${run}  ${method} on ${split}${unfinished.text}`,
    note: unfinished.text,
    out,
  };
  if (!targetTypes[fitted.target.kind].hasBits) {
    if (probe === true) requireKind(dataset, ["multiclass"], "explain --probe", "Leave --probe out.");
    return explained(await explainTarget(fitted, dataset, { backend }), about);
  }
  const { samples, summary } = await explainModel(fitted, dataset, { backend });
  const probes = probe === true ? await probeModel(fitted, dataset, backend) : undefined;
  const ceiling = comparedWithCeiling(samples, dataset, fitted.calibration.logPrior);
  const json = {
    ...about.facts,
    summary,
    ...(ceiling && { ceiling: ceiling.json }),
    ...(probes && { probes: probes.json }),
  };
  const probed = probes === undefined ? "" : `\n\n${probes.text}`;
  if (out === undefined) {
    const groups = [describeGroups({ all: summary, ...summary.classes }, "class")];
    if (summary.patterns !== undefined) groups.push(describeGroups(summary.patterns, "modalities present"));
    if (ceiling !== undefined) groups.push(ceiling.text);
    return { text: [about.title, ...groups, describeSamples(samples)].join("\n\n") + probed, json };
  }
  const rows = samples.map((sample, i) => ({ ...sampleRow(sample), ...ceiling?.columns(i) }));
  await writeFile(out, encodeTable(rows, out));
  const columns = Object.keys(rows[0]!).length;
  return { text: `${out}: ${count(rows.length, "sample")}, ${count(columns, "column")}${about.note}${probed}`, json };
}

/** Facts about an explanation, for the JSON and the title. */
interface About {
  readonly facts: object;
  readonly title: string;
  /** Where the model comes from if the run did not finish; otherwise empty. */
  readonly note: string;
  readonly out: string | undefined;
}

/** The answer for labels and values, which have no bits and no probes. */
async function explained({ samples, summary }: TargetReport, about: About): Promise<Answer> {
  const { facts, title, out } = about;
  const json = { ...facts, summary };
  if (out === undefined) {
    const parts = [title, describeTarget(summary), describeTargetSamples(samples)];
    return { text: parts.join("\n\n"), json };
  }
  const rows = samples.map(flattenTarget);
  await writeFile(out, encodeTable(rows, out));
  const columns = Object.keys(rows[0]!).length;
  return { text: `${out}: ${count(rows.length, "sample")}, ${count(columns, "column")}${about.note}`, json };
}
