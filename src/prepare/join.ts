/** @file Joins shards to a data folder: one pass over the shards for each modality, a few rows in memory at a time. */
import { dataError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { type DType, tensor } from "../core/tensor.ts";
import { npyHeader, writeNpy, writeNpyTexts } from "../data/formats/npy.ts";
import { isClassKind } from "../data/kinds.ts";
import type { Manifest } from "../data/manifest.ts";
import type { ArrayForm, Dropped, Plan } from "./plan.ts";
import { FOLDERS, type OpenRecipe, type Sample, type SplitFolder } from "./recipe.ts";
import { type Broken, readReport, readShard, SHARD, type ShardReport, shardCount } from "./shard.ts";
import { type Sink, type Store, WORK } from "./store.ts";

/** What was prepared. */
export interface Prepared {
  /** Samples by split folder. */
  readonly samples: Readonly<Record<SplitFolder, number>>;
  readonly modalities: Readonly<Record<string, PreparedModality>>;
  readonly broken: readonly Broken[];
  readonly dropped: readonly Dropped[];
}

export interface PreparedModality {
  readonly what: string;
  readonly dtype: DType;
  /** Of one sample; a sequence is padded to its first number. */
  readonly shape: readonly number[];
  readonly sequence: boolean;
  /** Samples that have it. */
  readonly present: number;
}

/** A sample that is kept, and the rows it has in the array of each modality. */
interface Kept {
  readonly sample: Sample;
  readonly rows: Readonly<Record<string, number>>;
}

/** Writes the data folder, prepare.json and, last, dataset.json; then removes the shards. */
export async function join(
  store: Store,
  plan: Plan,
  recipe: OpenRecipe,
  forms: Readonly<Record<string, ArrayForm>>,
): Promise<Prepared> {
  const reports: ShardReport[] = [];
  for (let shard = 0; shard < shardCount(plan); shard++) reports.push(await readReport(store, shard));
  const broken = reports.flatMap((report) => report.broken);
  const kept = plan.samples.map((sample, i): Kept => {
    const { rows } = reports[Math.floor(i / SHARD)]!;
    return { sample, rows: Object.fromEntries(plan.modalities.map((name) => [name, rows[name]![i % SHARD]!])) };
  });
  const isOut = ({ rows }: Kept): boolean =>
    plan.requireAll
      ? plan.modalities.some((name) => rows[name] === 0)
      : plan.modalities.every((name) => rows[name] === 0);
  const reason = plan.requireAll ? "a file could not be read" : "none of its files could be read";
  const dropped = [...plan.dropped, ...kept.filter(isOut).map(({ sample }) => ({ id: sample.id, reason }))];
  const whole = kept.filter((entry) => !isOut(entry));
  if (whole.length === 0) throw dataError(`${plan.recipe}: no sample is left: ${broken[0]?.reason ?? reason}.`);
  const modalities: Record<string, PreparedModality> = {};
  for (const name of plan.modalities) {
    const form = forms[name];
    if (form === undefined) continue;
    const { what, sequence = false } = recipe.modalities[name]!;
    const longest = sequence ? Math.max(...whole.map(({ rows }) => rows[name]!)) : undefined;
    await joinModality(store, kept, isOut, name, form, longest);
    const shape = longest === undefined ? form.shape : [longest, ...form.shape];
    const present = whole.filter(({ rows }) => rows[name]! > 0).length;
    modalities[name] = { what, dtype: form.dtype, shape, sequence, present };
  }
  const samples = await writeTargets(store, plan, whole);
  const prepared = { samples, modalities, broken, dropped };
  await store.write("prepare.json", `${JSON.stringify(recordOf(plan, prepared), undefined, 2)}\n`);
  await store.write("dataset.json", `${JSON.stringify(manifestOf(plan, prepared), undefined, 2)}\n`);
  for (const path of await store.list(WORK)) await store.remove(path);
  return prepared;
}

/** Writes `<modality>.npy` of every split, `<modality>_present.npy` if a sample lacks it, `<modality>_lengths.npy` of a sequence. */
async function joinModality(
  store: Store,
  all: readonly Kept[],
  isOut: (entry: Kept) => boolean,
  name: string,
  { dtype, shape }: ArrayForm,
  longest: number | undefined,
): Promise<void> {
  const inSplit = (split: SplitFolder): Kept[] => all.filter((entry) => entry.sample.split === split && !isOut(entry));
  const own = longest === undefined ? shape : [longest, ...shape];
  const [stepBytes, sampleBytes] = [sizeOf(shape) * itemSize(dtype), sizeOf(own) * itemSize(dtype)];
  const sinks = new Map<SplitFolder, Sink>();
  try {
    for (const split of FOLDERS) {
      const sink = await store.create(`${split}/${name}.npy`);
      sinks.set(split, sink);
      await sink.write(npyHeader(dtype, [inSplit(split).length, ...own]));
    }
    for (let first = 0; first < all.length; first += SHARD) {
      const samples = all.slice(first, first + SHARD);
      const hasRows = samples.some(({ rows }) => rows[name]! > 0);
      const array = hasRows ? await readShard(store, first / SHARD, name) : undefined;
      const raw = array && new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
      let at = 0;
      for (const entry of samples) {
        const length = entry.rows[name]! * stepBytes;
        const row = raw?.subarray(at, at + length) ?? new Uint8Array(0);
        at += length;
        if (isOut(entry)) continue;
        const sink = sinks.get(entry.sample.split)!;
        await sink.write(row);
        await sink.write(new Uint8Array(sampleBytes - length));
      }
    }
    for (const sink of sinks.values()) await sink.close();
  } catch (error) {
    for (const sink of sinks.values()) await sink.discard();
    throw error;
  }
  const lacks = all.some((entry) => !isOut(entry) && entry.rows[name] === 0);
  for (const split of FOLDERS) {
    const rows = inSplit(split).map((entry) => entry.rows[name]!);
    const write = (ending: string, array: Parameters<typeof writeNpy>[0]): Promise<void> =>
      store.write(`${split}/${name}_${ending}.npy`, writeNpy(array));
    if (lacks)
      await write(
        "present",
        tensor(
          "uint8",
          [rows.length],
          Uint8Array.from(rows, (n) => Math.min(n, 1)),
        ),
      );
    if (longest !== undefined) await write("lengths", tensor("int32", [rows.length], Int32Array.from(rows)));
  }
}

const SIZES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
};
/** Bytes of one element. */
export function itemSize(dtype: DType): number {
  return SIZES[dtype];
}

/** Writes labels, other labels, ids and groups; returns the number of samples of each split. */
async function writeTargets(store: Store, plan: Plan, kept: readonly Kept[]): Promise<Record<SplitFolder, number>> {
  const sizes: Record<SplitFolder, number> = { train: 0, valid: 0, test: 0 };
  const isNamed = labelsAreNamed(plan);
  for (const split of FOLDERS) {
    const samples = kept.flatMap(({ sample }) => (sample.split === split ? [sample] : []));
    sizes[split] = samples.length;
    const targets = samples.map(({ target }) => target);
    const labels = isClassKind(plan.target.kind)
      ? tensor("int32", [samples.length], Int32Array.from(targets.flat()))
      : tensor("float32", [samples.length, plan.target.names.length], Float32Array.from(targets.flat()));
    const named = samples.map(({ target }) => plan.target.names[target as number] ?? "");
    await store.write(`${split}/labels.npy`, isNamed ? writeNpyTexts(named) : writeNpy(labels));
    for (const name of othersOf(plan)) {
      await store.write(`${split}/${name}.npy`, writeNpyTexts(samples.map(({ others }) => others?.[name] ?? "")));
    }
    await store.write(`${split}/ids.json`, JSON.stringify(samples.map(({ id }) => id)));
    if (hasGroups(plan)) await store.write(`${split}/groups.json`, JSON.stringify(samples.map(({ group }) => group)));
  }
  return sizes;
}

function hasGroups({ samples }: Plan): boolean {
  return samples.every(({ group }) => group !== undefined);
}

/** Class names that are the class numbers are the default of a data folder. */
function isDefault({ target }: Plan): boolean {
  return target.kind === "multiclass" && target.names.every((name, k) => name === String(k));
}

/** Beside other labels, classes are named in labels.npy itself: names in dataset.json would be those of any label that is chosen. */
function labelsAreNamed(plan: Plan): boolean {
  return plan.target.kind === "multiclass" && othersOf(plan).length > 0 && !isDefault(plan);
}

/** Names of other labels. */
function othersOf({ samples }: Plan): string[] {
  return Object.keys(samples[0]?.others ?? {});
}

function manifestOf(plan: Plan, { modalities }: Prepared): Manifest {
  const { kind, names } = plan.target;
  return {
    ...(kind !== "multiclass"
      ? { target: { kind, names } }
      : !isDefault(plan) && !labelsAreNamed(plan) && { classes: names }),
    modalities: Object.keys(modalities),
    ids: "ids.json",
    ...(hasGroups(plan) && { groups: "groups.json" }),
  };
}

/** Entries of a list in prepare.json; the numbers beside it are complete. */
const MOST_SHOWN = 200;

/** The contents of prepare.json: everything that led to the arrays, and nothing of this machine. */
function recordOf(plan: Plan, { samples, modalities, broken, dropped }: Prepared): object {
  const { version, recipe, options, lists, found, counts, notes, odd, requireAll, target, vocabularies } = plan;
  return {
    dmil: version,
    recipe,
    options,
    requireAll,
    target,
    lists,
    found,
    samples,
    modalities,
    counts,
    notes,
    skipped: {
      samples: dropped.length,
      files: broken.length,
      firstSamples: dropped.slice(0, MOST_SHOWN),
      firstFiles: broken.slice(0, MOST_SHOWN),
    },
    oddNames: { files: odd.length, first: odd.slice(0, MOST_SHOWN) },
    ...(vocabularies !== undefined && { vocabularies }),
  };
}
