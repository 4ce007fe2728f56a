/** @file The results of `dmil quantify` as tables and sentences. */
import { printable } from "../core/printable.ts";
import { bits } from "../quantify/findings.ts";
import { type Amount, ATOMS, CLASS_COLUMNS, type Quantified } from "../quantify/index.ts";
import { count, table } from "./text.ts";

/** One result: information with intervals and null levels, shares of types, means by class if requested, findings, notes. */
export function quantifiedText(name: string, result: Quantified, byClass: boolean): string {
  const { sources, samples, classes, entropy, measures, findings, types, target, from } = result;
  const about =
    from === "values"
      ? `values of ${target}`
      : `${count(classes.length, "class")}, H(${target}) = ${bits(entropy)} bit`;
  const shares = Object.entries(types).map(([type, share]) => `${type} ${(100 * share!).toFixed(0)} %`);
  return [
    printable(`${name}  ${sources.join(" and ")}: ${count(samples, "sample")}, ${about}`),
    amounts(result),
    ...(shares.length === 0 ? [] : [`samples by type (pmin): ${shares.join(", ")}`]),
    ...(byClass ? [means(result), "(means over the samples of a class, atoms by pmin; ± half a 95 % interval)"] : []),
    ...findings.map(printable),
    ...measures.flatMap(({ measure, notes }) => notes.map((text) => printable(`note (${measure}): ${text}`))),
  ].join("\n");
}

function amounts({ sources, target, informations, measures }: Quantified): string {
  const row = (label: string, { value, lower, upper, null95 }: Amount): string[] => [
    label,
    ...[value, lower, upper, null95].map(bits),
  ];
  return table([
    ["bits", "value", "low", "high", "null 95 %"],
    row(`I(${sources[0]}; ${target})`, informations.I1),
    row(`I(${sources[1]}; ${target})`, informations.I2),
    row(`I(both; ${target})`, informations.I12),
    ...measures.flatMap(({ measure, atoms }) => ATOMS.map((atom) => row(`${measure} ${atom}`, atoms[atom]))),
  ]);
}

function means({ byClass }: Quantified): string {
  return table([
    // A value and its uncertainty share one cell, so that a table split for a narrow terminal keeps them together.
    ["class", "n", ...CLASS_COLUMNS],
    ...byClass.map((row) => [
      row.name,
      String(row.samples),
      ...CLASS_COLUMNS.map((column) => {
        const { value, lower, upper } = row[column];
        return `${bits(value)}±${((upper - lower) / 2).toFixed(2)}`;
      }),
    ]),
  ]);
}
