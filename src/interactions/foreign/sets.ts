/** @file Sets of modalities as bit masks, and as names like `audio+face` for users and files. */
import { configError, dataError, listing } from "../../core/errors.ts";

/** Maximum number of modalities: the number of sets, all of which are evaluated and written as columns, doubles with each. */
const MOST_MODALITIES = 8;

/** The name of a set: its modalities in order, as in `audio+face`. */
export function setName(modalities: readonly string[], mask: number): string {
  return modalities.filter((_, m) => mask & (1 << m)).join("+");
}

/** The mask of all modalities. */
export function wholeMask(modalities: readonly string[]): number {
  return 2 ** modalities.length - 1;
}

/** Masks of all nonempty sets, by increasing size: single modalities first, the full set last. */
export function setMasks(modalities: readonly string[]): number[] {
  const masks = Array.from({ length: wholeMask(modalities) }, (_, i) => i + 1);
  return masks.sort((a, b) => setName(modalities, a).split("+").length - setName(modalities, b).split("+").length);
}

/** The mask of a name; undefined for an unknown modality, or one that occurs twice. */
export function maskOf(modalities: readonly string[], name: string): number | undefined {
  let mask = 0;
  for (const part of name.split("+")) {
    const m = modalities.indexOf(part);
    if (m < 0 || mask & (1 << m)) return undefined;
    mask |= 1 << m;
  }
  return mask;
}

/** @throws DataError for fewer than two modalities; ConfigError for more than 8, or a name that contains +. */
export function requireSeveral(modalities: readonly string[], where: string): void {
  if (modalities.length < 2) {
    throw dataError(
      `${where}: ${modalities.length === 0 ? "no modality" : `only one modality (${modalities[0]})`}; redundancy and synergy need two or more.`,
      { where, modalities },
    );
  }
  if (modalities.length > MOST_MODALITIES) {
    throw configError(
      `${where}: ${modalities.length} modalities (${listing(modalities)}) have ${2 ** modalities.length} sets; at most ${MOST_MODALITIES} modalities are possible. Choose some: --modalities ${modalities.slice(0, 2).join(",")}.`,
      { where, modalities },
    );
  }
  const withPlus = modalities.find((name) => name.includes("+"));
  if (withPlus !== undefined) {
    throw configError(
      `${where}: the modality "${withPlus}" has a + in its name, which separates the modalities of a set; rename it.`,
      {
        modality: withPlus,
      },
    );
  }
}
