/** @file `dmil pid`: partial information decomposition of jointly normal sources and a target, computed from their covariance. */
import * as path from "node:path";
import { decimals } from "../../core/decimals.ts";
import { type GaussianPid, type GaussianRoles, gaussianPid } from "../../info/index.ts";
import { type Answer, note } from "../answer.ts";
import { names } from "../config.ts";
import { columnsOf, readCovariance } from "../covariance.ts";
import { count, table } from "../text.ts";

export interface PidFlags {
  readonly first: string;
  readonly second: string;
  readonly target: string;
}

/** Decomposes the information of a covariance matrix in a CSV. */
export async function pid(file: string, flags: PidFlags): Promise<Answer> {
  const roleNames = (["first", "second", "target"] as const).map((role) => names(flags[role], `--${role}`)!);
  const { columns, rows, form } = await readCovariance(file);
  if (form !== undefined) note(`${file}: read as a table ${form}`);
  const [first, second, target] = (["first", "second", "target"] as const).map((role, r) =>
    columnsOf(`--${role}`, roleNames[r]!, columns),
  ) as [number[], number[], number[]];
  const roles = { first, second, target };
  const result = gaussianPid(rows, roles, { names: columns });
  if (result.dropped.length > 0) {
    const droppedNames = result.dropped.map((column) => columns[column]);
    note(
      `note: ${droppedNames.join(", ")}: constant, or a linear function of other columns of the same role; ignored, because these columns add no information.`,
    );
  }
  const named = Object.fromEntries(
    Object.entries(roles).map(([role, indices]) => [role, indices.map((column) => columns[column]!)]),
  );
  const { dropped, ...measures } = result;
  return {
    text: text(path.basename(file), [flags.first, flags.second, flags.target], roles, result),
    json: { file, unit: "bits", ...named, ...measures, dropped: dropped.map((column) => columns[column]!) },
  };
}

function text(
  name: string,
  [first, second, target]: readonly [string, string, string],
  roles: GaussianRoles,
  { I1, I2, I12, R, U1, U2, S, lower, upper, gap, converged }: GaussianPid,
): string {
  const amount = (value: number): string => decimals(value, 10);
  return [
    `${name}  ${first} (${count(roles.first.length, "column")}) and ${second} (${roles.second.length}) about ${target} (${roles.target.length}), jointly normal`,
    table([
      ["bits", "value"],
      [`I(${first}; ${target})`, amount(I1)],
      [`I(${second}; ${target})`, amount(I2)],
      [`I(both; ${target})`, amount(I12)],
      ["R  redundant", amount(R)],
      [`U1 unique to ${first}`, amount(U1)],
      [`U2 unique to ${second}`, amount(U2)],
      ["S  synergistic", amount(S)],
    ]),
    converged
      ? `certified: R + U1 + U2 lies between ${amount(lower)} and ${amount(upper)} (${gap.toExponential(0)} apart)`
      : `certified only to ${gap.toExponential(0)} bit, because the covariance is ill-conditioned: R + U1 + U2 lies between ${amount(lower)} and ${amount(upper)}`,
  ].join("\n");
}
