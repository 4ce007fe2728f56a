/** @file The answers of `dmil prepare` as text and JSON. */
import type * as z from "zod";
import { listing } from "../core/errors.ts";
import type { Prepared } from "../prepare/join.ts";
import type { CountRow, Plan } from "../prepare/plan.ts";
import { FOLDERS, type OpenRecipe, type Recipe } from "../prepare/recipe.ts";
import type { Source } from "../prepare/source.ts";
import { describeForm, type Probe, type Survey } from "../prepare/survey.ts";
import type { Answer } from "./answer.ts";
import { count, duration, quoted, table, wrapped } from "./text.ts";

/** All recipes, one a line. */
export function listAnswer(recipes: readonly Recipe[]): Answer {
  const rows = recipes.map(({ name, size, summary }) => [name, size, summary]);
  return {
    text: `${table([["recipe", "size", "what it is"], ...rows])}\n\nfiles and options of one: dmil prepare list RECIPE`,
    json: { recipes: recipes.map(factsOf) },
  };
}

/** One recipe with its files and options. */
export function recipeAnswer(recipe: Recipe): Answer {
  const { name, summary, licence, size, get, layout } = recipe;
  const { options } = factsOf(recipe);
  const lines = [
    `${name}: ${summary}`,
    wrapped(`size: ${size}`),
    wrapped(`licence: ${licence}`),
    wrapped(`get it: ${get}`),
    "",
    "files below SOURCE:",
    ...layout.map((line) => wrapped(`  ${line}`)),
    "",
    "options:",
    table(options.map(({ name: option, about, standard }) => [`  --${option}`, standard ?? "", about])),
    "",
    `see what is there: dmil prepare ${name} SOURCE --check`,
  ];
  return { text: lines.join("\n"), json: factsOf(recipe) };
}

interface OptionFacts {
  readonly name: string;
  readonly about: string;
  readonly standard?: string;
}

function factsOf({ name, summary, licence, size, get, layout, options }: Recipe) {
  const shape = Object.entries(options.shape as Record<string, z.ZodType>);
  const described = shape.map(([option, schema]): OptionFacts => {
    const standard = schema.safeParse(undefined);
    return {
      name: option,
      about: schema.description ?? "",
      ...(standard.success && standard.data !== undefined && { standard: String(standard.data) }),
    };
  });
  return { name, summary, licence, size, get, layout, options: described };
}

/** What `--check` found. */
interface Checked extends Survey {
  readonly probed?: Probe;
  /** Why the first samples could not be read. */
  readonly problem?: string;
  readonly free: number;
}

/** The answer of `--check`; it is a failure if files are stubs or cannot be read, or the space is too small. */
export function checkAnswer(plan: Plan, recipe: OpenRecipe, { label }: Source, checked: Checked): Answer {
  const { counts, modalities, stubs, files, bytes, probed, problem, free } = checked;
  const rows = (row: CountRow): string[] => [
    `  ${row.name}`,
    ...FOLDERS.map((split) => `${row[split].found} / ${row[split].listed}`),
  ];
  const forms = plan.modalities.map((name) => {
    const form = probed?.forms[name];
    const { found, samples } = modalities[name]!;
    const { what, sequence = false } = recipe.modalities[name]!;
    return [`  ${name}`, `${found} of ${samples}`, form === undefined ? "" : describeForm(form, sequence), what];
  });
  // Shards and the joined arrays lie beside each other until the end.
  const needed = probed === undefined ? undefined : 2 * probed.bytes;
  const isFull = needed !== undefined && needed > free;
  const warnings = [
    ...(stubs.length > 0
      ? [
          `${stubs.length} of ${count(files, "file")} are stubs of Git LFS, not the files: ${listing(stubs, 3)}. Install git-lfs, then run \`git lfs pull\` in that repository; archives from its web page hold stubs only.`,
        ]
      : []),
    ...(problem !== undefined && stubs.length === 0 ? [`a file cannot be read: ${problem}`] : []),
    ...(plan.dropped.length > 0
      ? [
          `${count(plan.dropped.length, "sample")} left out: ${listing(
            plan.dropped.map(({ id, reason }) => `${id} (${reason})`),
            3,
          )}`,
        ]
      : []),
    ...(plan.odd.length > 0
      ? [`${count(plan.odd.length, "file")} with names that are not used: ${listing(plan.odd, 5)}`]
      : []),
    ...plan.notes,
  ];
  const lines = [
    `${label}: ${plan.recipe}, ${count(files, "file")}, ${size(bytes)}`,
    table([["  found / listed", ...FOLDERS], ...counts.classes.map(rows), rows(counts.all)]),
    "",
    table([["  modality", "samples", "array", ""], ...forms]),
    ...(warnings.length > 0 ? ["", ...warnings.map((text) => wrapped(`note: ${text}`))] : []),
    ...(needed === undefined
      ? []
      : [
          "",
          `time: about ${duration(probed!.seconds)} for one worker`,
          `space: ${size(probed!.bytes)} (${size(needed)} while it is prepared), ${size(free)} free${isFull ? ": too small" : ""}`,
        ]),
  ];
  return {
    text: lines.join("\n"),
    json: {
      recipe: plan.recipe,
      options: plan.options,
      source: label,
      samples: plan.samples.length,
      counts,
      modalities: Object.fromEntries(
        plan.modalities.map((name) => [name, { ...modalities[name], ...probed?.forms[name] }]),
      ),
      files,
      bytes,
      stubs: { files: stubs.length, first: stubs.slice(0, 20) },
      leftOut: { samples: plan.dropped.length, first: plan.dropped.slice(0, 20) },
      oddNames: { files: plan.odd.length, first: plan.odd.slice(0, 20) },
      notes: plan.notes,
      lists: plan.lists,
      ...(probed !== undefined && {
        secondsOneWorker: probed.seconds,
        bytesPrepared: probed.bytes,
        bytesNeeded: needed,
      }),
      bytesFree: free,
      ...(problem !== undefined && { problem }),
    },
    failed: problem !== undefined || stubs.length > 0 || isFull,
  };
}

/** The answer of a preparation. */
export function preparedAnswer(out: string, plan: Plan, { samples, modalities, broken, dropped }: Prepared): Answer {
  const total = FOLDERS.reduce((sum, split) => sum + samples[split], 0);
  const rows = Object.entries(modalities).map(([name, { what, dtype, shape, present }]) => {
    const missing = total - present;
    return [`  ${name}`, `${dtype} [${[total, ...shape].join(", ")}]`, missing === 0 ? "" : `${missing} missing`, what];
  });
  const lines = [
    `${out}: ${count(total, "sample")}, ${FOLDERS.map((split) => `${split} ${samples[split]}`).join(", ")}`,
    table(rows),
    ...(dropped.length > 0
      ? [
          wrapped(
            `note: ${count(dropped.length, "sample")} left out: ${listing(
              dropped.map(({ id, reason }) => `${id} (${reason})`),
              3,
            )}`,
          ),
        ]
      : []),
    ...(broken.length > 0
      ? [
          wrapped(
            `note: ${count(broken.length, "file")} could not be read: ${listing(
              broken.map(({ reason }) => reason),
              3,
            )}`,
          ),
        ]
      : []),
    `next: dmil data check ${quoted(out)}; dmil train ${quoted(out)}`,
  ];
  return {
    text: lines.join("\n"),
    json: {
      out,
      recipe: plan.recipe,
      samples,
      modalities,
      leftOut: { samples: dropped.length, first: dropped.slice(0, 20) },
      broken: { files: broken.length, first: broken.slice(0, 20) },
      notes: plan.notes,
    },
  };
}

/** Bytes as `5.2 MB`. */
function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
