/** @file The results of `dmil bits` as tables and sentences for a terminal. */
import { printable } from "../core/printable.ts";
import type { ForeignReport } from "../interactions/foreign/index.ts";
import { classTable, componentTable, removalTable, setTable, shapleyTable } from "../reports/bits-tables.ts";
import { reportTable } from "./report-table.ts";
import { count, wrapped } from "./text.ts";

/** The verdicts, then the tables that they summarise, then notes. */
export function bitsText(
  name: string,
  report: ForeignReport,
  removals: Readonly<Record<string, ForeignReport>> | undefined,
): string {
  const { samples, labelled, classes, modalities, calibration, verdicts, notes } = report;
  const { how, rows } = calibration;
  const by = {
    "cross-fitted": `cross-fitted: each row is calibrated on other rows of ${count(rows, "labelled row")}`,
    rows: `calibrated on ${count(rows, "row")} that ${rows === 1 ? "is" : "are"} not evaluated`,
    none: "not calibrated, because there are no labels",
  }[how];
  const head = `${name}  ${modalities.join(", ")}: ${count(samples, "sample")} (${labelled} with a label), ${count(classes.length, "class")}; ${by}`;
  const shapley = shapleyTable(report);
  return [
    wrapped(printable(head)),
    verdicts.map((line) => wrapped(printable(line))).join("\n"),
    reportTable(componentTable(report)),
    reportTable(setTable(report)),
    reportTable(classTable(report)),
    ...(shapley === undefined ? [] : [reportTable(shapley)]),
    ...(removals === undefined ? [] : [reportTable(removalTable(removals))]),
    ...notes.map((line) => wrapped(printable(`note: ${line}`))),
  ].join("\n\n");
}
