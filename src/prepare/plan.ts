/** @file The plan of a preparation: all samples in order, the files found with their sizes, the lists with their hashes. Its hash is its identity. */
import { dataError, listing as namesOf } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Shape } from "../core/shape.ts";
import type { DType } from "../core/tensor.ts";
import { VERSION } from "../core/version.ts";
import { isClassKind } from "../data/kinds.ts";
import { compareByCodePoint } from "./order.ts";
import { FOLDERS, type Listing, type OpenRecipe, type Sample, type SplitFolder } from "./recipe.ts";
import { missing, type Source } from "./source.ts";

/** The shape of the array of one sample; the first axis of a sequence is left out. */
export interface ArrayForm {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A sample that is left out before anything is read. */
export interface Dropped {
  readonly id: string;
  readonly reason: string;
}

/** Everything that determines the arrays, and what is known about the source. */
export interface Plan extends Pick<Listing, "target" | "notes" | "odd" | "vocabularies"> {
  readonly version: string;
  readonly recipe: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** In order. */
  readonly modalities: readonly string[];
  /** Samples with at least one modality (with `requireAll`: with all), by split and id. */
  readonly samples: readonly Sample[];
  readonly dropped: readonly Dropped[];
  /** All listed samples by split and class, and how many of them were found. */
  readonly counts: Counts;
  readonly lists: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
  /** The files found: their number, bytes, and the hash of `id modality path bytes` of each. */
  readonly found: { readonly files: number; readonly bytes: number; readonly sha256: string };
  readonly requireAll: boolean;
}

/** Numbers of samples of one class, or of all, by split folder. */
export type CountRow = { readonly name: string } & Readonly<Record<SplitFolder, { listed: number; found: number }>>;

/** Rows of the classes (none for other targets), and that of all samples. */
export interface Counts {
  readonly classes: readonly CountRow[];
  readonly all: CountRow;
}

export interface PlanOptions {
  /** At most so many samples, spread over splits and classes. */
  readonly limit?: number | undefined;
  /** Leave out samples that lack a modality. */
  readonly requireAll?: boolean | undefined;
}

/** Lists and checks the samples. @throws DataError for ids that occur twice, and for a source with no sample. */
export async function makePlan(
  name: string,
  recipe: OpenRecipe,
  source: Source,
  { limit, requireAll = false }: PlanOptions = {},
): Promise<Plan> {
  const listing = await recipe.list(source);
  const listed = inOrder(listing.samples, name);
  const modalities = Object.keys(recipe.modalities);
  const dropped: Dropped[] = [];
  const found: Sample[] = [];
  for (const sample of listed) {
    const lacking = modalities.filter((modality) => (sample.parts[modality]?.files.length ?? 0) === 0);
    const isOut = requireAll ? lacking.length > 0 : lacking.length === modalities.length;
    if (!isOut) found.push(trimmed(sample, modalities));
    else dropped.push({ id: sample.id, reason: `no ${lacking.join(", no ")}${triedFor(sample, lacking)}` });
  }
  if (found.length === 0) throw noSample(name, source, listed);
  const samples = limit === undefined ? found : spread(found, limit);
  return {
    version: VERSION,
    recipe: name,
    options: recipe.options,
    modalities,
    target: listing.target,
    notes: [...listing.notes, ...emptyClasses(samples, listing.target)],
    odd: listing.odd,
    ...(listing.vocabularies !== undefined && { vocabularies: listing.vocabularies }),
    samples,
    dropped,
    counts: countsOf(listed, new Set(dropped.map(({ id }) => id)), listing.target.names),
    lists: await hashed(source, listing.lists),
    found: await foundIn(source, samples, modalities),
    requireAll,
  };
}

/** What to know if some classes have no training sample: class numbers stay those of the recipe. */
function emptyClasses(samples: readonly Sample[], { kind, names }: Listing["target"]): string[] {
  if (!isClassKind(kind)) return [];
  const there = new Set(samples.flatMap(({ split, target }) => (split === "train" ? [target] : [])));
  const empty = names.filter((_, k) => !there.has(k));
  if (empty.length === 0) return [];
  const [have, their] = empty.length === 1 ? ["has", "its"] : ["have", "their"];
  return [
    `${empty.length} of ${names.length} classes ${have} no training sample (${namesOf(empty, 5)}), and training refuses such data: add ${their} files, or raise --limit.`,
  ];
}

/** The identity of a plan: the same hash gives the same bytes. */
export async function planHash(plan: Plan): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(plan)));
}

/** By split and id. @throws DataError for an id that occurs twice. */
function inOrder(samples: readonly Sample[], recipe: string): Sample[] {
  const seen = new Map<string, string>();
  for (const { id, split } of samples) {
    const before = seen.get(id);
    if (before !== undefined) {
      const where = before === split ? `twice in ${split}` : `in ${before} and in ${split}`;
      throw dataError(
        `${recipe}: the sample "${id}" is listed ${where}; every sample may occur once, or results would be on data that was trained on. Correct the lists.`,
        { id },
      );
    }
    seen.set(id, split);
  }
  const rank = new Map(FOLDERS.map((split, i) => [split, i]));
  return [...samples].sort((a, b) => rank.get(a.split)! - rank.get(b.split)! || compareByCodePoint(a.id, b.id));
}

/** Without what is only needed for messages about files that were not found. */
function trimmed(sample: Sample, modalities: readonly string[]): Sample {
  const parts = modalities.map((modality) => {
    const { files = [], row, values } = sample.parts[modality] ?? {};
    return [modality, { files, ...(row !== undefined && { row }), ...(values !== undefined && { values }) }] as const;
  });
  return { ...sample, parts: Object.fromEntries(parts) };
}

function triedFor({ parts }: Sample, lacking: readonly string[]): string {
  const tried = lacking.flatMap((modality) => parts[modality]?.tried ?? []).slice(0, 3);
  return tried.length === 0 ? "" : `; tried ${tried.join(", ")}`;
}

function noSample(recipe: string, source: Source, listed: readonly Sample[]): Error {
  if (listed.length > 0) {
    const tried = listed.slice(0, 3).flatMap(({ parts }) => Object.values(parts).flatMap((part) => part.tried ?? []));
    return missing(source, tried, { recipe, what: `a file of any of the ${listed.length} listed samples` });
  }
  return dataError(
    `${source.label}: the lists name no sample; \`dmil prepare list ${recipe}\` prints the files that it expects.`,
  );
}

/** At most `limit` samples: a share of each split, and of each class in turn. */
function spread(samples: readonly Sample[], limit: number): Sample[] {
  if (samples.length <= limit) return [...samples];
  const kept = new Set<Sample>();
  for (const split of FOLDERS) {
    const own = samples.filter((sample) => sample.split === split);
    const share = Math.min(own.length, Math.max(1, Math.floor((limit * own.length) / samples.length)));
    const byClass = new Map<string, Sample[]>();
    for (const sample of own) {
      const name = String(sample.target);
      const queue = byClass.get(name);
      if (queue === undefined) byClass.set(name, [sample]);
      else queue.push(sample);
    }
    const queues = [...byClass].sort(([a], [b]) => compareByCodePoint(a, b)).map(([, queue]) => queue);
    let taken = 0;
    for (let turn = 0; taken < share; turn++) {
      for (const queue of queues) {
        if (taken === share || turn >= queue.length) continue;
        kept.add(queue[turn]!);
        taken++;
      }
    }
  }
  return samples.filter((sample) => kept.has(sample));
}

function countsOf(listed: readonly Sample[], dropped: ReadonlySet<string>, names: readonly string[]): Counts {
  const row = (name: string): CountRow => {
    const none = () => ({ listed: 0, found: 0 });
    return { name, train: none(), valid: none(), test: none() };
  };
  const isClass = listed.every(({ target }) => typeof target === "number");
  const classes = isClass ? names.map(row) : [];
  const unknown = row("(unknown)");
  const all = row("all");
  for (const { id, split, target } of listed) {
    const own = isClass ? [classes[target as number] ?? unknown, all] : [all];
    for (const { [split]: cell } of own) {
      cell.listed++;
      if (!dropped.has(id)) cell.found++;
    }
  }
  return { classes: unknown.test.listed + unknown.train.listed > 0 ? [...classes, unknown] : classes, all };
}

async function hashed(source: Source, lists: readonly string[]): Promise<Plan["lists"]> {
  const out = [];
  for (const path of [...new Set(lists)].sort(compareByCodePoint)) {
    const bytes = await source.read(path);
    out.push({ path, bytes: bytes.length, sha256: await sha256(bytes) });
  }
  return out;
}

async function foundIn(
  source: Source,
  samples: readonly Sample[],
  modalities: readonly string[],
): Promise<Plan["found"]> {
  const sizes = new Map<string, number>();
  const lines: string[] = [];
  for (const { id, parts } of samples) {
    for (const modality of modalities) {
      for (const file of parts[modality]!.files) {
        if (!sizes.has(file)) sizes.set(file, await source.size(file));
        lines.push(`${id} ${modality} ${file} ${sizes.get(file)}`);
      }
    }
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return { files: sizes.size, bytes, sha256: await sha256(new TextEncoder().encode(lines.join("\n"))) };
}
