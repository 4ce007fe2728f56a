/** @file Conclusions from bits in sentences: the largest component, whether its lead is significant, and warnings. */
import { decimals } from "../../core/decimals.ts";
import type { Interval } from "../../info/index.ts";
import type { ForeignReport } from "./result.ts";

/** Smaller amounts, in bits, are reported as 0. */
const MIN_BITS = 5e-3;

/** A component in plain words. */
export function componentLabel(name: string): string {
  if (name === "redundant") return "information that two or more modalities give alike";
  if (name === "synergistic") return "information that only all modalities together give";
  return `information that only ${name.replace(/^unique_/, "")} gives`;
}

/** `0.512 bit [0.480, 0.541]`. */
export function amount({ value, lower, upper }: Interval): string {
  return `${decimals(value, 3)} bit [${decimals(lower, 3)}, ${decimals(upper, 3)}]`;
}

/** Conclusions of a report. `first` is the component with the largest mean, `ahead` its lead over the second. */
export function verdictsOf(report: Omit<ForeignReport, "verdicts">, first: string, ahead: Interval): string[] {
  const { bits, labelBits, largest } = report;
  const total = labelBits?.total;
  if (total !== undefined && total.lower <= 0) {
    return [
      `No information about the label is shown, from all modalities together: ${amount(total)} realised. There is nothing to split; the parts are noise.`,
    ];
  }
  if (bits.total!.value < MIN_BITS) return ["The predictions hardly differ from the prior: there is nothing to split."];
  const share = `it is the largest in ${(100 * largest[first]!).toFixed(0)} % of the samples`;
  const lead =
    ahead.lower > 0
      ? `larger than the next by ${amount(ahead)}`
      : `not significantly larger than the next: ${amount(ahead)}`;
  const leading = `The largest component is ${first} (${componentLabel(first)}): ${amount(bits[first]!)} of ${decimals(bits.total!.value, 3)}, ${lead}; ${share}.`;
  return [leading, ...synergyVerdict(report), ...misled(report)];
}

function synergyVerdict({ bits, labelBits }: Omit<ForeignReport, "verdicts">): string[] {
  const synergy = labelBits?.synergistic ?? bits.synergistic!;
  const kind = labelBits === undefined ? "" : " realised";
  if (synergy.lower >= MIN_BITS) return [`Synergy is shown: ${amount(synergy)}${kind}.`];
  if (synergy.upper <= -MIN_BITS) {
    return [
      `All modalities together give less information than the best of them alone, sample by sample: ${amount(synergy)}${kind}. The joint prediction does not use all information.`,
    ];
  }
  return [`No synergy is shown: ${amount(synergy)}${kind}.`];
}

/** A warning when label-free bits are significantly above realised ones: the model is overconfident. */
function misled({ bits, labelBits }: Omit<ForeignReport, "verdicts">): string[] {
  const [free, real] = [bits.total!, labelBits?.total];
  if (real === undefined || free.lower <= real.upper + 0.02) return [];
  return [
    `The predictions claim ${amount(free)} in all and realise ${amount(real)}: they are overconfident even after calibration.`,
  ];
}
