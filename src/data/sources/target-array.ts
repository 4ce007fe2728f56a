/** @file Finds the target in folders of arrays and archives. */
import { configError, dataError } from "../../core/errors.ts";
import { isList, type Manifest } from "../manifest.ts";
import { labelAlias, noLabel, requireNamed } from "./roles.ts";
import type { Needs, SourceTarget } from "./source.ts";

/**
 * The name of the array of labels: that in `label`, else `labels` or `label`. Undefined for predictions on data without one.
 * @throws DataError when training data has none.
 */
export function arrayLabel(
  names: readonly string[],
  { label, modalities }: Manifest,
  { where, whole, needs }: { readonly where: string; readonly whole: readonly string[]; readonly needs: Needs },
): string | undefined {
  if (modalities !== undefined && !isList(modalities)) {
    throw configError(
      `${where}: dataset.json, modalities: columns by modality are for tables; here modalities are arrays, as in ["audio", "face"].`,
    );
  }
  const among = { where, noun: "array", names } as const;
  const given = label === undefined ? [] : [label].flat();
  if (given.length > 1) {
    throw dataError(
      `${where}: ${given.length} arrays are to be predicted (${given.join(", ")}); put them side by side into one, [N, ${given.length}].`,
      { where },
    );
  }
  const [name] = given;
  if (name !== undefined) {
    const own = name.replace(/\.npy$/, "");
    if (!needs.target && !names.includes(own)) return undefined;
    requireNamed(own, among);
    return own;
  }
  const own = labelAlias(names, "labels");
  if (own !== undefined) return own;
  if (!needs.target && names.length > 0) return undefined;
  if (names.length === 0 && whole.length > 0) {
    throw dataError(`${where}: there is no .npy array here, found ${whole.slice(0, 6).join(", ")}.`, { where });
  }
  throw noLabel("labels", among);
}

/** The target as declared in dataset.json. */
export function arrayTarget(from: string, { target }: Manifest): SourceTarget {
  return { from, kind: target?.kind ?? "multiclass", names: target?.names };
}
