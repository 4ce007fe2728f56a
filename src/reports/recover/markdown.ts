/** @file The report of the recovery suite as a Markdown page. */
import { markdownCode, markdownEscaped } from "../../core/markup.ts";
import { caseNamed } from "../../experiments/recover/job.ts";
import type { Recovery } from "../../experiments/recover.ts";
import type { Environment } from "../../runs/record.ts";
import { markdownPage, points, section, titled } from "../markdown.ts";
import { markdownTable } from "../text-table.ts";
import {
  COLUMN_NOTES,
  ceilingTable,
  failures,
  methodTables,
  probeTables,
  targetTable,
  theoremTable,
  typeTables,
} from "./tables.ts";

/** How results can be made again. */
export interface Origin {
  /** The command that gives the same report. */
  readonly command: string;
  /** Versions and hardware, by name. */
  readonly environment: Environment;
}

/** Cases with tables by true type. */
const DETAILED = ["mixture-k2-balanced-3", "mixture-k4-balanced-3", "quad", "three"];

/** The contents of docs/truth.md: targets, tables and open errors. */
export function recoverMarkdown({ results, verdicts, failed }: Recovery, { command, environment }: Origin): string {
  const wrong = failures(results, verdicts);
  const theorem = theoremTable(results);
  const names = [...new Set(results.map(({ job }) => job.case))];
  const seeds = [...new Set(results.map(({ job }) => job.seed))];
  const parts = [
    "# Does the decomposition tell the truth?",
    `Made by \`${command}\`: data whose truth is known, ${names.length} cases, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}. Values are means over seeds on the test split, ± the half-width of the 95 % confidence interval (Student's t). Atoms are those of the pointwise minimum: r = min(i_a, i_b), u_m = i_m - r, s = i_all - r - u_a - u_b; label-free, where i is the divergence of the prediction from the class prior, unless marked \`with label\`. dmil: the recommended form, a pool of three members; published: the paper's form with its published settings; purified: the paper's form with purified synergy. The information of single components is that of their predictions under the calibration of the whole prediction, for every method alike. All methods have the same encoders, batches and their own default epochs.`,
    "## Targets",
    markdownTable(targetTable(verdicts)),
    "## Where it still fails",
    wrong.length === 0 ? "No target is missed, and the measure fits every case." : points(wrong),
    ...section(
      "Jobs that gave no result:",
      failed.length === 0
        ? []
        : [
            points(
              failed.map(({ job, error }) => `${job.case}, ${job.method}, seed ${job.seed}: ${error.split("\n")[0]}`),
            ),
          ],
    ),
    "## By method",
    points(COLUMN_NOTES),
    ...[...methodTables(results), ceilingTable(results)].flatMap((table) => titled(table)),
    ...(theorem === undefined
      ? []
      : [
          "## Theorem 1",
          "Terms are bounds by fresh probes on rows that the model never saw (I from below, H from above), so left minus right may differ from the slack by what the probes miss.",
          ...titled(theorem),
        ]),
    ...section(
      "## Probes",
      probeTables(results).flatMap((table) => titled(table)),
    ),
    ...DETAILED.filter((name) => names.includes(name)).flatMap((name) => [
      `## ${caseNamed(name).title}`,
      ...typeTables(results.filter(({ job }) => job.case === name)).flatMap((table) => titled(table)),
    ]),
    "## Cases",
    names.map((name) => `- \`${name}\`: ${caseNamed(name).title}`).join("\n"),
    "## To reproduce",
    markdownCode("sh", command),
    Object.entries(environment)
      .map(([name, value]) => markdownEscaped(`${name} ${value}`))
      .join(", "),
  ];
  return markdownPage(parts);
}
