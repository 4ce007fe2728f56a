/** @file Sets of modalities: as masks for computing, as names like `audio+face` for people and files. */
import { configError, dataError, listing } from "../../core/errors.ts";

/** With more modalities their sets are more than can be evaluated or written as columns. */
export const MOST_MODALITIES = 8;

/** The name of a set: its modalities in order, as in `audio+face`. */
export function setName(modalities: readonly string[], mask: number): string {
  return modalities.filter((_, m) => mask & (1 << m)).join("+");
}

/** The mask of all modalities. */
export function wholeMask(modalities: readonly string[]): number {
  return 2 ** modalities.length - 1;
}

/** Masks of all sets but the empty one, single modalities first, the whole last. */
export function setMasks(modalities: readonly string[]): number[] {
  const masks = Array.from({ length: wholeMask(modalities) }, (_, i) => i + 1);
  return masks.sort((a, b) => setName(modalities, a).split("+").length - setName(modalities, b).split("+").length);
}

/** The mask of a name; undefined where it names something else, or a modality twice. */
export function maskOf(modalities: readonly string[], name: string): number | undefined {
  let mask = 0;
  for (const part of name.split("+")) {
    const m = modalities.indexOf(part);
    if (m < 0 || mask & (1 << m)) return undefined;
    mask |= 1 << m;
  }
  return mask;
}

/** @throws DataError for fewer than two, ConfigError for too many or names that sets cannot be made of. */
export function requireSeveral(modalities: readonly string[], where: string): void {
  if (modalities.length < 2) {
    throw dataError(
      `${where}: ${modalities.length === 0 ? "no modality" : `one modality only (${modalities[0]})`}; what modalities share or give together takes two or more.`,
      { where, modalities },
    );
  }
  if (modalities.length > MOST_MODALITIES) {
    throw configError(
      `${where}: ${modalities.length} modalities (${listing(modalities)}) have ${2 ** modalities.length} sets; up to ${MOST_MODALITIES} are taken. Choose some: --modalities ${modalities.slice(0, 2).join(",")}.`,
      { where, modalities },
    );
  }
  const odd = modalities.find((name) => name.includes("+"));
  if (odd !== undefined) {
    throw configError(
      `${where}: the modality "${odd}" has a + in its name, which stands between modalities here; rename it.`,
      {
        modality: odd,
      },
    );
  }
}
