/** @file `dmil prepare`: makes a data folder from raw files. */
import * as fs from "node:fs/promises";
import { availableParallelism } from "node:os";
import * as path from "node:path";
import { configError, DmilError, runError } from "../../core/errors.ts";
import { streamedDisk } from "../../node/streamed.ts";
import { freeBytes, tree } from "../../node/tree.ts";
import { recipeNamed, recipeNames } from "../../prepare/index.ts";
import { join } from "../../prepare/join.ts";
import { makePlan, type Plan } from "../../prepare/plan.ts";
import type { OpenRecipe } from "../../prepare/recipe.ts";
import { readingError, shardsToDo } from "../../prepare/shard.ts";
import { type Source, sourceOf } from "../../prepare/source.ts";
import { WORK } from "../../prepare/store.ts";
import { probe, survey } from "../../prepare/survey.ts";
import { toolsFor } from "../../prepare/tools.ts";
import { begin } from "../../prepare/work.ts";
import { type Answer, note } from "../answer.ts";
import { withFolderLock } from "../folder-lock.ts";
import { checkAnswer, listAnswer, preparedAnswer, recipeAnswer } from "../prepared-text.ts";
import { runShards } from "../preparing.ts";
import { readersFor } from "../readers.ts";

export interface PrepareFlags {
  readonly out?: string;
  readonly check?: boolean;
  readonly limit?: string;
  readonly workers?: string;
  readonly requireAll?: boolean;
  readonly skipBroken?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Prepares, checks or lists; `words` are the recipe, the source and the options of the recipe. */
export async function prepare(words: readonly string[], flags: PrepareFlags): Promise<Answer> {
  const { operands, options } = parsed(words);
  const [name, directory, ...more] = operands;
  if (name === undefined) {
    throw configError(
      `dmil prepare: a recipe is needed: ${recipeNames.join(", ")}. \`dmil prepare list\` describes them.`,
    );
  }
  if (name === "list") return list(directory, more, options);
  const recipe = await recipeNamed(name);
  if (directory === undefined) {
    throw configError(
      `dmil prepare ${name}: the folder of the raw files is needed: dmil prepare ${name} SOURCE --out DIR.`,
    );
  }
  if (more.length > 0)
    throw configError(`dmil prepare ${name}: too many words: ${more.join(" ")}; one folder is read.`);
  if (flags.out === undefined && flags.check !== true) {
    throw configError(`dmil prepare ${name}: --out DIR is needed, or --check to see what is there.`);
  }
  const opened = flagged(name, () => recipe.open(options));
  const limit = wholeFlag("--limit", flags.limit);
  const workers = wholeFlag("--workers", flags.workers);
  const source = sourceOf(await tree(directory));
  const plan = await makePlan(name, opened, source, { limit, requireAll: flags.requireAll });
  if (flags.check === true) return check(plan, opened, source, flags);
  return withFolderLock(flags.out!, { instead: "give another --out" }, () =>
    work(plan, opened, source, flags.out!, workers, flags),
  );
}

/** Errors about options name the flag. */
function flagged<T>(recipe: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "ConfigError") throw error;
    throw configError(error.message.replaceAll(`${recipe}.`, "--"), error.fields);
  }
}

async function list(name: string | undefined, more: readonly string[], options: object): Promise<Answer> {
  const stray = [...more, ...Object.keys(options).map((option) => `--${option}`)];
  if (stray.length > 0)
    throw configError(`dmil prepare list: ${stray.join(" ")} given; allowed is the name of a recipe.`);
  if (name !== undefined) return recipeAnswer(await recipeNamed(name));
  return listAnswer(await Promise.all(recipeNames.map(recipeNamed)));
}

async function check(plan: Plan, recipe: OpenRecipe, source: Source, flags: PrepareFlags): Promise<Answer> {
  const found = await survey(plan, source);
  const tools = toolsFor(source, readersFor(source, source.label));
  const seconds = (): number => performance.now() / 1000;
  let problem: string | undefined;
  const probed = await probe(plan, recipe, tools, flags.skipBroken === true, seconds).catch((error) => {
    problem = readingError(error).message;
    return undefined;
  });
  const free = await freeBytes(flags.out ?? ".");
  const extra = { ...(probed !== undefined && { probed }), ...(problem !== undefined && { problem }) };
  return checkAnswer(plan, recipe, source, { ...found, ...extra, free });
}

/** Begins or continues, makes the shards and joins them. */
async function work(
  plan: Plan,
  recipe: OpenRecipe,
  source: Source,
  out: string,
  workers: number | undefined,
  flags: PrepareFlags,
): Promise<Answer> {
  const store = streamedDisk(out);
  const skipBroken = flags.skipBroken === true;
  let seconds: number | undefined;
  const { hash, forms } = await begin(store, plan, flags.force === true, async () => {
    const tools = toolsFor(source, readersFor(source, source.label));
    const probed = await probe(plan, recipe, tools, skipBroken, () => performance.now() / 1000);
    seconds = probed.seconds;
    const free = await freeBytes(out);
    // Shards and the joined arrays lie beside each other until the end.
    if (2 * probed.bytes > free) throw noSpace(out, 2 * probed.bytes, free);
    return probed.forms;
  });
  if (flags.quiet !== true) for (const text of plan.notes) note(`note: ${text}`);
  const todo = await shardsToDo(store, plan);
  // A child process starts in about a second, so that short work is done here.
  const standard = seconds !== undefined && seconds < 5 ? 1 : availableParallelism();
  await runShards(
    { source: source.label, out, hash, shards: todo, skipBroken },
    workers ?? standard,
    plan.samples.length,
    flags.quiet === true,
  );
  const prepared = await join(store, plan, recipe, forms);
  await fs.rm(path.join(out, WORK), { recursive: true, force: true });
  return preparedAnswer(out, plan, prepared);
}

function noSpace(out: string, needed: number, free: number): Error {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  return runError(
    `${out}: ${gigabytes(needed)} are needed while it is prepared, ${gigabytes(free)} are free on that disk. Free some, choose another --out, or give --limit.`,
    { needed, free },
  );
}

/** Words of a command line: operands, and options as `--name value`, `--name=value` or `--name`. @throws ConfigError for an option given twice. */
function parsed(words: readonly string[]): { operands: string[]; options: Record<string, string> } {
  const operands: string[] = [];
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("--")) {
      operands.push(word);
      continue;
    }
    const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (!/^[a-z][\w-]*$/i.test(name)) throw configError(`dmil prepare: "${word}" is no option.`);
    if (options.has(name)) throw configError(`dmil prepare: --${name} is given twice.`);
    const next = words[i + 1];
    const takesNext = value === undefined && next !== undefined && !next.startsWith("--");
    options.set(name, value ?? (takesNext ? next : "true"));
    if (takesNext) i++;
  }
  return { operands, options: Object.fromEntries(options) };
}

function wholeFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw configError(`${flag}: ${JSON.stringify(text)} given; allowed is a whole number from 1, for example 2.`);
}
