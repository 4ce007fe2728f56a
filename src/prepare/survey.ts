/** @file What `--check` says: what was found, stubs, space and time, from names, sizes and a few samples. */
import { type DmilError, dataError } from "../core/errors.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import { itemSize } from "./join.ts";
import type { ArrayForm, Counts, Plan } from "./plan.ts";
import type { OpenRecipe, Sample } from "./recipe.ts";
import { formOf, readingError, readPart } from "./shard.ts";
import { isStub, LARGEST_STUB, type Source } from "./source.ts";
import type { Tools } from "./tools.ts";

/** Samples of each modality that are read to learn the form of the arrays and the time. */
const PROBES = 8;
/** The first of them are slow: tables are opened, and code is not compiled yet. */
const WARM = 4;
/** Samples that are tried until one can be read. */
const MOST_TRIED = 50;

/** What a few samples say. */
export interface Probe {
  /** By modality; a modality of which no file was found has none. */
  readonly forms: Readonly<Record<string, ArrayForm>>;
  /** Seconds of one worker for all samples. */
  readonly seconds: number;
  /** Bytes of the prepared arrays. */
  readonly bytes: number;
}

/**
 * Reads the first samples of each modality. The first one that can be read decides the form of all.
 * @throws DmilError for the first file that cannot be read, unless these are skipped.
 */
export async function probe(
  plan: Plan,
  recipe: OpenRecipe,
  tools: Tools,
  skipBroken: boolean,
  now: () => number,
): Promise<Probe> {
  const forms: Record<string, ArrayForm> = {};
  let [seconds, bytes] = [0, 0];
  for (const name of plan.modalities) {
    const modality = recipe.modalities[name]!;
    const having = plan.samples.filter(({ parts }) => parts[name]!.files.length > 0);
    let [read, steps, spent] = [0, 0, 0];
    let broken: DmilError | undefined;
    for (const sample of spaced(having)) {
      const begin = now();
      const array = await readPart(modality, name, sample, tools, forms[name]).catch((thrown) => {
        const reason = readingError(thrown);
        if (!skipBroken) throw reason;
        broken ??= reason;
        return undefined;
      });
      if (array === undefined) continue;
      if (read >= WARM) spent += now() - begin;
      forms[name] ??= formOf(array, modality);
      steps = Math.max(steps, modality.sequence === true ? array.shape[0]! : 1);
      read++;
      if (read === PROBES) break;
    }
    const form = forms[name];
    if (form === undefined && broken !== undefined) {
      throw dataError(`${name}: none of ${Math.min(having.length, MOST_TRIED)} files could be read. ${broken.message}`);
    }
    if (form === undefined) continue;
    seconds += (spent / Math.max(1, read - WARM)) * having.length;
    bytes += steps * sizeOf(form.shape) * itemSize(form.dtype) * plan.samples.length;
  }
  return { forms, seconds, bytes };
}

/** The first sample, then those from all over the list, at most so many. */
function spaced(samples: readonly Sample[]): Sample[] {
  const step = Math.max(1, Math.floor(samples.length / MOST_TRIED));
  return samples.filter((_, i) => i % step === 0).slice(0, MOST_TRIED);
}

/** A file that a sample needs and that is not there. */
export interface Survey {
  readonly counts: Counts;
  readonly modalities: Readonly<Record<string, { readonly found: number; readonly samples: number }>>;
  readonly stubs: readonly string[];
  readonly files: number;
  readonly bytes: number;
}

/** Counts what was found, and looks into small files for stubs of Git LFS. */
export async function survey(plan: Plan, source: Source): Promise<Survey> {
  const files = new Set(plan.samples.flatMap(({ parts }) => Object.values(parts).flatMap((part) => part.files)));
  const stubs: string[] = [];
  for (const file of files) if (await isStubFile(source, file)) stubs.push(file);
  return {
    counts: plan.counts,
    modalities: Object.fromEntries(
      plan.modalities.map((name) => {
        const found = plan.samples.filter(({ parts }) => parts[name]!.files.length > 0).length;
        return [name, { found, samples: plan.samples.length }];
      }),
    ),
    stubs,
    files: plan.found.files,
    bytes: plan.found.bytes,
  };
}

async function isStubFile(source: Source, file: string): Promise<boolean> {
  if ((await source.size(file)) > LARGEST_STUB) return false;
  try {
    return isStub(await source.read(file));
  } catch (error) {
    return (error as { fields?: { stub?: boolean } }).fields?.stub === true;
  }
}

/** `float32 [24, 20]`, for a sequence `float32 [steps, 74]`. */
export function describeForm({ dtype, shape }: ArrayForm, sequence: boolean): string {
  const own = formatShape(shape);
  return `${dtype} ${sequence ? own.replace("[", shape.length > 0 ? "[steps, " : "[steps") : own}`;
}
