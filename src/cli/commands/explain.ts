/** @file `dmil explain`: what each component contributed, as a table with one row per sample or as a summary with three samples. */
import type { SplitName } from "../../data/dataset.ts";
import { requireKind } from "../../data/target.ts";
import { explain as explainModel } from "../../interactions/explain.ts";
import { sampleRow } from "../../interactions/report.ts";
import { encodeTable, tableFormat } from "../../runs/tables.ts";
import type { Answer } from "../answer.ts";
import { comparedWithCeiling } from "../ceiling.ts";
import { describeSamples, describeSummary } from "../explanation.ts";
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
  if (probe === true) requireKind(dataset, ["multiclass"], "explain --probe", "Leave --probe out.");
  const { samples, summary } = await explainModel(fitted, dataset, { backend });
  const probes = probe === true ? await probeModel(fitted, dataset, backend) : undefined;
  const ceiling = comparedWithCeiling(samples, dataset, fitted.calibration.logPrior);
  const json = {
    run,
    method,
    split,
    data: data ?? record.data.path,
    ...(out && { out }),
    ...unfinished.json,
    warnings,
    summary,
    ...(ceiling && { ceiling: ceiling.json }),
    ...(probes && { probes: probes.json }),
  };
  const probed = probes === undefined ? "" : `\n\n${probes.text}`;
  if (out === undefined) {
    const title = `${run}  ${method} on ${split}${unfinished.text}`;
    const parts = [title, describeSummary(summary), ...(ceiling ? [ceiling.text] : []), describeSamples(samples)];
    return { text: parts.join("\n\n") + probed, json };
  }
  const rows = samples.map((sample, i) => ({ ...sampleRow(sample), ...ceiling?.columns(i) }));
  await writeFile(out, encodeTable(rows, out));
  const columns = Object.keys(rows[0]!).length;
  const counts = `${count(rows.length, "sample")}, ${count(columns, "column")}`;
  return { text: `${out}: ${counts}${unfinished.text}${probed}`, json };
}
