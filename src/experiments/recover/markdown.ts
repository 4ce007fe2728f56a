/** @file The report as a Markdown page. */
import { markdownCode, markdownEscaped } from "../../core/markup.ts";
import { markdownTable, type TextTable } from "../../reports/text-table.ts";
import { caseNamed, type RecoveryResult } from "./job.ts";
import type { FailedJob } from "./suite.ts";
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
import { verdicts } from "./targets.ts";

/** The facts of a report besides its results. */
export interface ReportFacts {
  /** The command that reproduces the report. */
  readonly command: string;
  /** Versions and hardware, by name. */
  readonly environment: Readonly<Record<string, string | number | boolean>>;
  readonly failed: readonly FailedJob[];
}

/** Cases with tables by true type. */
const DETAILED = ["mixture-k2-balanced-3", "mixture-k4-balanced-3", "quad", "three"];

/** The contents of docs/truth.md: targets, tables and open errors. */
export function markdownReport(results: readonly RecoveryResult[], facts: ReportFacts): string {
  const found = verdicts(results);
  const wrong = failures(results, found);
  const theorem = theoremTable(results);
  const names = [...new Set(results.map(({ job }) => job.case))];
  const seeds = [...new Set(results.map(({ job }) => job.seed))];
  const parts = [
    "# Does the decomposition tell the truth?",
    `Made by \`${facts.command}\`: data whose truth is known, ${names.length} cases, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}. Figures are means over seeds on the test split, ± the half-width of the 95 % confidence interval (Student's t). Atoms are those of the pointwise minimum: r = min(i_a, i_b), u_m = i_m - r, s = i_all - r - u_a - u_b; label-free, where i is the divergence of the prediction from the class prior, unless \`with label\` is said. dmil: the recommended form, a pool of three members; published: the paper's form with its published settings; purified: the paper's form with purified synergy. What components know by themselves is read off what they predict under the calibration of the whole prediction, of every method alike. All methods have the same encoders, batches and their own default epochs.`,
    "## Targets",
    markdownTable(targetTable(found)),
    "## Where it still fails",
    wrong.length === 0
      ? "No target is missed, and the measure fits every case."
      : wrong.map((line) => `- ${markdownEscaped(line)}`).join("\n"),
    ...(facts.failed.length === 0
      ? []
      : [
          "Jobs that gave no result:",
          facts.failed
            .map(
              ({ job, error }) =>
                `- ${job.case}, ${job.method}, seed ${job.seed}: ${markdownEscaped(error.split("\n")[0]!)}`,
            )
            .join("\n"),
        ]),
    "## By method",
    COLUMN_NOTES.map((line) => `- ${markdownEscaped(line)}`).join("\n"),
    ...[...methodTables(results), ceilingTable(results)].flatMap(titled),
    ...(theorem === undefined
      ? []
      : [
          "## Theorem 1",
          "Terms are bounds by fresh probes on rows that the model never saw (I from below, H from above), so left less right may differ from the slack by what the probes miss.",
          ...titled(theorem),
        ]),
    ...section("## Probes", probeTables(results).flatMap(titled)),
    ...DETAILED.filter((name) => names.includes(name)).flatMap((name) => [
      `## ${caseNamed(name).title}`,
      ...typeTables(results.filter(({ job }) => job.case === name)).flatMap(titled),
    ]),
    "## Cases",
    names.map((name) => `- \`${name}\`: ${caseNamed(name).title}`).join("\n"),
    "## To reproduce",
    markdownCode("sh", facts.command),
    Object.entries(facts.environment)
      .map(([name, value]) => markdownEscaped(`${name} ${value}`))
      .join(", "),
  ];
  return `${parts.join("\n\n")}\n`;
}

function section(title: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : [title, ...content];
}

function titled(table: TextTable): string[] {
  return [`### ${markdownEscaped(table.title)}`, markdownTable(table)];
}
