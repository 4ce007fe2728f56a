/**
 * @file Which columns of a table are predictions under which set of modalities. `p_audio_happy` is the probability of `happy` given
 * `audio` alone, `p_both_happy`, `p_all_happy` or `p_audio+face_happy` that given all. Names of modalities and classes may hold
 * underscores: what counts is that every set has the same classes.
 */
import { configError, type DmilError, dataError, hint, listing } from "../../core/errors.ts";
import { maskOf, requireSeveral, setName, wholeMask } from "./sets.ts";

/** Words for all modalities together. */
const WHOLE = ["both", "all"];
const PREFIX = /^(?:p|logit)_(?=.)/;

/** Predictions by place in the table. */
export interface PredictionColumns {
  readonly modalities: readonly string[];
  readonly classes: readonly string[];
  /** By mask of the set: its columns in the order of the classes. */
  readonly sets: ReadonlyMap<number, readonly string[]>;
  /** By mask of the set: what it is called in the table. */
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
  wished?: readonly string[],
): PredictionColumns {
  const own = columns.filter((column) => PREFIX.test(column));
  if (own.length === 0) {
    throw dataError(
      `${where}: no column of predictions; found ${listing(columns)}. Needed are p_audio_CLASS, p_face_CLASS and p_both_CLASS for each class: the probability that a model gives it from audio alone, from face alone and from both.`,
      { where },
    );
  }
  const grid = wished === undefined ? searched(own, where) : gridOf(own, wished, where);
  const singles = [...grid.sets.keys()].filter((name) => !name.includes("+") && !WHOLE.includes(name));
  const modalities = wished ?? singles;
  requireSeveral(modalities, where);
  const masks = new Map<number, readonly string[]>();
  const names = new Map<number, string>();
  for (const [name, members] of grid.sets) {
    const mask = WHOLE.includes(name) && !modalities.includes(name) ? wholeMask(modalities) : maskOf(modalities, name);
    if (mask === undefined) {
      throw dataError(
        `${where}: the columns p_${name}_... name a set of modalities, but not each part of ${name} has columns of its own; modalities: ${listing(modalities)}. Add p_MODALITY_CLASS for each part, or rename them.`,
        { where, set: name },
      );
    }
    if (masks.has(mask)) {
      throw dataError(
        `${where}: the columns p_${names.get(mask)}_... and p_${name}_... are both of ${setName(modalities, mask)}; keep one of them.`,
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
    const name = wished !== undefined ? modalities.join("+") : modalities.length === 2 ? "both" : "all";
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

/** The one way in which the columns are sets times classes. */
function searched(own: readonly string[], where: string): Grid {
  const bodies = own.map((column) => column.replace(PREFIX, ""));
  const first = bodies[0]!;
  const starts = [...first.matchAll(/_/g)].map(({ index }) => first.slice(0, index)).filter((start) => start !== "");
  const tried = starts.flatMap((start) => {
    const classes = bodies.flatMap((body) => (body.startsWith(`${start}_`) ? [body.slice(start.length + 1)] : []));
    return classes.length < 2 || classes.includes("") ? [] : [{ start, classes }];
  });
  const grids = tried.flatMap(({ classes }) => {
    const sets = setsOf(own, classes);
    const whole = sets !== undefined && [...sets.values()].every((members) => members.size === classes.length);
    return whole && sets.size > 1 ? [{ classes, sets }] : [];
  });
  const complete = grids.filter(({ sets }) => isComplete([...sets.keys()]));
  if (complete.length > 1) {
    const ways = complete.map(({ sets }) => [...sets.keys()].join(", ")).join("; or ");
    throw dataError(
      `${where}: the columns of predictions can be read in ${complete.length} ways (${ways}); say which modalities there are: --modalities NAME,NAME.`,
      { where },
    );
  }
  const found = complete[0] ?? grids[0];
  if (found === undefined) throw unequal(own, tried[0], where);
  return found;
}

/** Sets of single modalities, with one of them all. */
function isComplete(names: readonly string[]): boolean {
  const singles = names.filter((name) => !name.includes("+") && !WHOLE.includes(name));
  const wholes = names.filter((name) => WHOLE.includes(name) || maskOf(singles, name) === wholeMask(singles));
  return (
    singles.length > 1 &&
    wholes.length > 0 &&
    names.every((name) => WHOLE.includes(name) || maskOf(singles, name) !== undefined)
  );
}

/** Columns by set and class, where each ends in a class; undefined where one does not, or two are of one place. */
function setsOf(own: readonly string[], classes: readonly string[]): Map<string, Map<string, string>> | undefined {
  const longest = [...classes].sort((a, b) => b.length - a.length);
  const sets = new Map<string, Map<string, string>>();
  for (const column of own) {
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

/** Why columns are no sets times classes, as far as can be told. */
function unequal(
  own: readonly string[],
  tried: { readonly start: string; readonly classes: readonly string[] } | undefined,
  where: string,
): DmilError {
  if (tried === undefined) {
    return dataError(
      `${where}: ${own[0]} is the only column of its set of modalities; two or more classes are needed, each with a column: p_MODALITY_CLASS.`,
      { where },
    );
  }
  const { start, classes } = tried;
  const odd = own.find((column) => !classes.some((label) => column.endsWith(`_${label}`)));
  const sets = setsOf(
    own.filter((column) => column !== odd && classes.some((label) => column.endsWith(`_${label}`))),
    classes,
  );
  const short = [...(sets ?? [])].find(([, members]) => members.size < classes.length);
  const lacks = classes.find((label) => short !== undefined && !short[1].has(label));
  const what = [
    ...(odd === undefined ? [] : [`${odd} ends in none of them`]),
    ...(short === undefined ? [] : [`there is no p_${short[0]}_${lacks}`]),
    ...(odd === undefined && short === undefined ? [`no other set of modalities has them`] : []),
  ];
  return dataError(
    `${where}: every set of modalities needs the same classes. After ${own[0]} these are of ${start}: ${listing(classes)}; but ${what.join(", and ")}. Columns of predictions: ${listing(own)}.`,
    { where, classes },
  );
}

/** The columns where the modalities are known. */
function gridOf(own: readonly string[], modalities: readonly string[], where: string): Grid {
  requireSeveral(modalities, where);
  const sets = new Map<string, Map<string, string>>();
  const rest: string[] = [];
  for (const column of own) {
    const body = column.replace(PREFIX, "");
    const at = [...body.matchAll(/_/g)].map(({ index }) => index);
    // The longest set first: of `left` and `left_hand` a column p_left_hand_happy is of the second.
    const end = at.findLast((index) => {
      const name = body.slice(0, index);
      return WHOLE.includes(name) || maskOf(modalities, name) !== undefined;
    });
    if (end === undefined) {
      rest.push(column);
      continue;
    }
    const members = sets.get(body.slice(0, end)) ?? new Map<string, string>();
    sets.set(body.slice(0, end), members.set(body.slice(end + 1), column));
  }
  const known = [...sets.keys()];
  modalities.forEach((name) => {
    if (!sets.has(name)) {
      throw configError(
        `--modalities ${modalities.join(",")}: ${where} has no column p_${name}_CLASS${hint(name, known)}`,
        {
          modality: name,
        },
      );
    }
  });
  const classes = [...sets.get(modalities[0]!)!.keys()];
  // Where there are other modalities, what is said of all is not of these alone.
  if (rest.some((column) => classes.some((label) => column.endsWith(`_${label}`)))) {
    for (const word of WHOLE) if (!modalities.includes(word)) sets.delete(word);
  }
  for (const [name, members] of sets) {
    const label = classes.find((own) => !members.has(own)) ?? [...members.keys()].find((own) => !classes.includes(own));
    if (label === undefined) continue;
    throw dataError(
      `${where}: every set of modalities needs the same classes; p_${members.has(label) ? modalities[0] : name}_${label} is missing. Classes of ${modalities[0]}: ${listing(classes)}.`,
      { where, set: name },
    );
  }
  if (classes.length < 2) {
    throw dataError(`${where}: one class only (${classes[0]}); two or more are needed, each with a column.`, { where });
  }
  return { classes, sets };
}
