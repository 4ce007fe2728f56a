/**
 * @file Finds which columns of a table are predictions under which set of modalities. `p_audio_happy` is the probability of `happy` given
 * `audio` alone; `p_both_happy`, `p_all_happy` or `p_audio+face_happy` is that given all. Names of modalities and classes may contain
 * underscores: columns are parsed so that every set has the same classes.
 */
import { configError, type DmilError, dataError, hint, listing } from "../../core/errors.ts";
import { maskOf, requireSeveral, setName, wholeMask } from "./sets.ts";

/** Words for all modalities together. */
const WHOLE = ["both", "all"];
const PREFIX = /^(?:p|logit)_(?=.)/;

/** The columns that hold the predictions of each set. */
interface PredictionColumns {
  readonly modalities: readonly string[];
  readonly classes: readonly string[];
  /** By mask of the set: its columns in the order of the classes. */
  readonly sets: ReadonlyMap<number, readonly string[]>;
  /** By mask of the set: its name in the table. */
  readonly names: ReadonlyMap<number, string>;
}

interface Grid {
  readonly classes: readonly string[];
  readonly sets: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Finds the predictions among the columns of a table. @throws DataError that says which columns are missing or too many. */
export function predictionColumns(
  columns: readonly string[],
  where: string,
  chosen?: readonly string[],
): PredictionColumns {
  const predicted = columns.filter((column) => PREFIX.test(column));
  if (predicted.length === 0) {
    throw dataError(
      `${where}: no column of predictions; the columns are ${listing(columns)}. Needed are p_audio_CLASS, p_face_CLASS and p_both_CLASS for each class: its predicted probability given audio alone, face alone and both.`,
      { where },
    );
  }
  const grid = chosen === undefined ? inferGrid(predicted, where) : gridOf(predicted, chosen, where);
  const singles = [...grid.sets.keys()].filter((name) => !name.includes("+") && !WHOLE.includes(name));
  const modalities = chosen ?? singles;
  requireSeveral(modalities, where);
  const masks = new Map<number, readonly string[]>();
  const names = new Map<number, string>();
  for (const [name, members] of grid.sets) {
    const mask = WHOLE.includes(name) && !modalities.includes(name) ? wholeMask(modalities) : maskOf(modalities, name);
    if (mask === undefined) {
      throw dataError(
        `${where}: the columns p_${name}_... name a set of modalities, but not every part of ${name} has columns of its own; modalities: ${listing(modalities)}. Add p_MODALITY_CLASS for each part, or rename them.`,
        { where, set: name },
      );
    }
    if (masks.has(mask)) {
      throw dataError(
        `${where}: the columns p_${names.get(mask)}_... and p_${name}_... both give predictions from ${setName(modalities, mask)}; keep one of them.`,
        { where, set: name },
      );
    }
    masks.set(
      mask,
      grid.classes.map((label) => members.get(label)!),
    );
    names.set(mask, name);
  }
  modalities.forEach((name, m) => {
    if (!masks.has(1 << m)) throw missing(where, name, `of ${name} alone`, grid.classes);
  });
  if (!masks.has(wholeMask(modalities))) {
    const name = chosen !== undefined ? modalities.join("+") : modalities.length === 2 ? "both" : "all";
    throw missing(where, name, "of these modalities together", grid.classes);
  }
  return { modalities, classes: grid.classes, sets: masks, names };
}

function missing(where: string, name: string, what: string, classes: readonly string[]): DmilError {
  return dataError(
    `${where}: there are no columns ${what}: ${listing(
      classes.map((label) => `p_${name}_${label}`),
      4,
    )} are needed.`,
    { where, set: name },
  );
}

/** Finds the only way to parse the columns as sets times classes. @throws DataError when there is none, or several. */
function inferGrid(columns: readonly string[], where: string): Grid {
  const bodies = columns.map((column) => column.replace(PREFIX, ""));
  const first = bodies[0]!;
  const starts = [...first.matchAll(/_/g)].map(({ index }) => first.slice(0, index)).filter((start) => start !== "");
  const candidates = starts.flatMap((start) => {
    const classes = bodies.flatMap((body) => (body.startsWith(`${start}_`) ? [body.slice(start.length + 1)] : []));
    return classes.length < 2 || classes.includes("") ? [] : [{ start, classes }];
  });
  const grids = candidates.flatMap(({ classes }) => {
    const sets = setsOf(columns, classes);
    const isFull = sets !== undefined && [...sets.values()].every((members) => members.size === classes.length);
    return isFull && sets.size > 1 ? [{ classes, sets }] : [];
  });
  const complete = grids.filter(({ sets }) => isComplete([...sets.keys()]));
  if (complete.length > 1) {
    const ways = complete.map(({ sets }) => [...sets.keys()].join(", ")).join("; or ");
    throw dataError(
      `${where}: the columns of predictions can be parsed in ${complete.length} ways (${ways}); name the modalities: --modalities NAME,NAME.`,
      { where },
    );
  }
  const grid = complete[0] ?? grids[0];
  if (grid === undefined) throw unequal(columns, candidates[0], where);
  return grid;
}

/** Do the sets include two or more single modalities, the full set, and only combinations of these modalities? */
function isComplete(names: readonly string[]): boolean {
  const singles = names.filter((name) => !name.includes("+") && !WHOLE.includes(name));
  const wholes = names.filter((name) => WHOLE.includes(name) || maskOf(singles, name) === wholeMask(singles));
  return (
    singles.length > 1 &&
    wholes.length > 0 &&
    names.every((name) => WHOLE.includes(name) || maskOf(singles, name) !== undefined)
  );
}

/** Columns by set and class; undefined when a column does not end in a class, or two have the same set and class. */
function setsOf(columns: readonly string[], classes: readonly string[]): Map<string, Map<string, string>> | undefined {
  const longest = [...classes].sort((a, b) => b.length - a.length);
  const sets = new Map<string, Map<string, string>>();
  for (const column of columns) {
    const body = column.replace(PREFIX, "");
    const label = longest.find((name) => body.endsWith(`_${name}`) && body.length > name.length + 1);
    if (label === undefined) return undefined;
    const set = body.slice(0, -label.length - 1);
    const members = sets.get(set) ?? new Map<string, string>();
    if (members.has(label)) return undefined;
    sets.set(set, members.set(label, column));
  }
  return sets;
}

/** The error for columns that are not sets times classes, with the likely reason. */
function unequal(
  columns: readonly string[],
  candidate: { readonly start: string; readonly classes: readonly string[] } | undefined,
  where: string,
): DmilError {
  if (candidate === undefined) {
    return dataError(
      `${where}: ${columns[0]} is the only column of its set of modalities; two or more classes are needed, one column each: p_MODALITY_CLASS.`,
      { where },
    );
  }
  const { start, classes } = candidate;
  const unmatched = columns.find((column) => !classes.some((label) => column.endsWith(`_${label}`)));
  const sets = setsOf(
    columns.filter((column) => column !== unmatched && classes.some((label) => column.endsWith(`_${label}`))),
    classes,
  );
  const incomplete = [...(sets ?? [])].find(([, members]) => members.size < classes.length);
  const missingClass = classes.find((label) => incomplete !== undefined && !incomplete[1].has(label));
  const what = [
    ...(unmatched === undefined ? [] : [`${unmatched} ends in none of them`]),
    ...(incomplete === undefined ? [] : [`there is no p_${incomplete[0]}_${missingClass}`]),
    ...(unmatched === undefined && incomplete === undefined ? [`no other set of modalities has them`] : []),
  ];
  return dataError(
    `${where}: every set of modalities needs the same classes. According to ${columns[0]} those of ${start} are ${listing(classes)}; but ${what.join(", and ")}. Columns of predictions: ${listing(columns)}.`,
    { where, classes },
  );
}

/** Parses the columns when the modalities are given. */
function gridOf(columns: readonly string[], modalities: readonly string[], where: string): Grid {
  requireSeveral(modalities, where);
  const sets = new Map<string, Map<string, string>>();
  const others: string[] = [];
  for (const column of columns) {
    const body = column.replace(PREFIX, "");
    const underscores = [...body.matchAll(/_/g)].map(({ index }) => index);
    // The longest matching set wins: with `left` and `left_hand`, p_left_hand_happy belongs to `left_hand`.
    const end = underscores.findLast((index) => {
      const name = body.slice(0, index);
      return WHOLE.includes(name) || maskOf(modalities, name) !== undefined;
    });
    if (end === undefined) {
      others.push(column);
      continue;
    }
    const members = sets.get(body.slice(0, end)) ?? new Map<string, string>();
    sets.set(body.slice(0, end), members.set(body.slice(end + 1), column));
  }
  const names = [...sets.keys()];
  modalities.forEach((name) => {
    if (!sets.has(name)) {
      throw configError(
        `--modalities ${modalities.join(",")}: ${where} has no column p_${name}_CLASS${hint(name, names)}`,
        {
          modality: name,
        },
      );
    }
  });
  const classes = [...sets.get(modalities[0]!)!.keys()];
  // With columns of further modalities, `both` and `all` are not predictions from the given modalities only.
  if (others.some((column) => classes.some((label) => column.endsWith(`_${label}`)))) {
    for (const word of WHOLE) if (!modalities.includes(word)) sets.delete(word);
  }
  for (const [name, members] of sets) {
    const label = classes.find((name) => !members.has(name)) ?? [...members.keys()].find((k) => !classes.includes(k));
    if (label === undefined) continue;
    throw dataError(
      `${where}: every set of modalities needs the same classes; p_${members.has(label) ? modalities[0] : name}_${label} is missing. Classes of ${modalities[0]}: ${listing(classes)}.`,
      { where, set: name },
    );
  }
  if (classes.length < 2) {
    throw dataError(`${where}: only one class (${classes[0]}); two or more are needed, one column each.`, { where });
  }
  return { classes, sets };
}
