/** @file The results of `dmil bits` as tables, for the terminal and the HTML page. */
import { decimals } from "../core/decimals.ts";
import type { Interval } from "../info/index.ts";
import type { ForeignReport, Means } from "../interactions/foreign/index.ts";
import type { TextTable } from "./text-table.ts";

const figure = (value: number | undefined): string => (value === undefined ? "-" : decimals(value, 3));
const cells = (own: Interval | undefined): string[] => [own?.value, own?.lower, own?.upper].map(figure);
/** Formats a value and its interval in one cell, so that a table split for a narrow terminal keeps them together. */
const withHalf = (own: Interval | undefined): string =>
  own === undefined ? "-" : `${figure(own.value)}±${decimals((own.upper - own.lower) / 2, 2)}`;

/** Means of components: predicted (label-free) and realised (with the label) bits. */
export function componentTable({ bits, labelBits, largest }: ForeignReport): TextTable {
  const realised = labelBits === undefined ? [] : ["realised", "low", "high"];
  return {
    title: "bits per sample, mean with its 95 % interval",
    header: ["component", "bits", "low", "high", ...realised, "largest"],
    rows: Object.keys(bits).map((name) => [
      name,
      ...cells(bits[name]),
      ...(labelBits === undefined ? [] : cells(labelBits[name])),
      largest[name] === undefined ? "" : `${(100 * largest[name]).toFixed(0)} %`,
    ]),
  };
}

/** The information of every set of modalities. */
export function setTable({ informations, accuracy, calibration }: ForeignReport): TextTable {
  const { how, scalings } = calibration;
  return {
    title: "by the modalities of the prediction",
    header: [
      "modalities",
      "bits",
      "low",
      "high",
      ...(accuracy ? ["accuracy"] : []),
      ...(how === "none" ? [] : ["scale"]),
    ],
    rows: Object.entries(informations).map(([name, own]) => [
      name,
      ...cells(own),
      ...(accuracy ? [figure(accuracy[name])] : []),
      ...(how === "none" ? [] : [decimals(scalings[name]!.scale, 2)]),
    ]),
  };
}

/** Means by class. */
export function classTable({ byClass, classesBy, bits }: ForeignReport): TextTable {
  const names = Object.keys(bits);
  return {
    title: `bits by ${classesBy}, ± half a 95 % interval`,
    header: [classesBy, "n", ...names],
    rows: byClass.map((own) => [own.name, String(own.samples), ...names.map((name) => withHalf(own.bits[name]))]),
  };
}

/** Shapley values of single modalities, then interactions. */
export function shapleyTable({ shapley }: ForeignReport): TextTable | undefined {
  if (shapley === undefined) return undefined;
  const { predicted, label } = shapley;
  return {
    title: "Shapley values and interactions (SII) of log2 p, mean with its 95 % interval",
    header: ["modalities", "of the prediction", "low", "high", ...(label ? ["of the label", "low", "high"] : [])],
    rows: Object.keys(predicted).map((name) => [
      name,
      ...cells(predicted[name]),
      ...(label === undefined ? [] : cells(label[name])),
    ]),
  };
}

/** The same model with modalities removed in other ways. */
export function removalTable(reports: Readonly<Record<string, ForeignReport>>): TextTable {
  const names = Object.keys(Object.values(reports)[0]!.bits);
  const means = (own: Means): string[] => names.map((name) => withHalf(own[name]));
  return {
    title: "bits, by the replacement of removed modalities",
    header: ["replaced by", ...names],
    rows: Object.entries(reports).map(([way, { bits }]) => [way, ...means(bits)]),
  };
}
