/** @file What bits amount to, in sentences: which component leads, how sure that is, and what to mind. */
import { decimals } from "../../core/decimals.ts";
import type { Interval } from "../../info/index.ts";
import type { ForeignReport } from "./result.ts";

/** Bits below which a report shows 0. */
const LEAST = 5e-3;

/** A component as people say it. */
export function componentLabel(name: string): string {
  if (name === "redundant") return "what two or more modalities say alike";
  if (name === "synergistic") return "what only all modalities together say";
  return `what only ${name.replace(/^unique_/, "")} says`;
}

/** `0.512 bit [0.480, 0.541]`. */
export function amount({ value, lower, upper }: Interval): string {
  return `${decimals(value, 3)} bit [${decimals(lower, 3)}, ${decimals(upper, 3)}]`;
}

/** Verdicts of a report; `first` has the largest mean, by `ahead` over the next. */
export function verdictsOf(report: Omit<ForeignReport, "verdicts">, first: string, ahead: Interval): string[] {
  const { bits, labelBits, largest } = report;
  const total = labelBits?.total;
  if (total !== undefined && total.lower <= 0) {
    return [
      `All modalities together are not shown to tell anything about the label: ${amount(total)} realised. There is nothing to split; the parts are noise.`,
    ];
  }
  if (bits.total!.value < LEAST) return ["The predictions hardly differ from the prior: there is nothing to split."];
  const share = `it is the largest part of ${(100 * largest[first]!).toFixed(0)} % of the samples`;
  const sure =
    ahead.lower > 0 ? `ahead of the next by ${amount(ahead)}` : `not shown to be ahead of the next: ${amount(ahead)}`;
  const leading = `The largest component is ${first} (${componentLabel(first)}): ${amount(bits[first]!)} of ${decimals(bits.total!.value, 3)}, ${sure}; ${share}.`;
  return [leading, ...synergyVerdict(report), ...misled(report)];
}

function synergyVerdict({ bits, labelBits }: Omit<ForeignReport, "verdicts">): string[] {
  const own = labelBits?.synergistic ?? bits.synergistic!;
  const kind = labelBits === undefined ? "" : " realised";
  if (own.lower >= LEAST) return [`Synergy is shown: ${amount(own)}${kind}.`];
  if (own.upper <= -LEAST) {
    return [
      `All modalities together tell less than the best of them alone, sample by sample: ${amount(own)}${kind}. The joint prediction wastes something.`,
    ];
  }
  return [`No synergy is shown: ${amount(own)}${kind}.`];
}

/** Label-free bits far above realised ones: the model is surer than it is right. */
function misled({ bits, labelBits }: Omit<ForeignReport, "verdicts">): string[] {
  const [free, real] = [bits.total!, labelBits?.total];
  if (real === undefined || free.lower <= real.upper + 0.02) return [];
  return [
    `The predictions claim ${amount(free)} in all and realise ${amount(real)}: they are too sure even after calibration.`,
  ];
}
