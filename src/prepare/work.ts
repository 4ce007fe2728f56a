/** @file The state of a preparation within its folder: what was begun, and whether a later call continues it. */
import { runError } from "../core/errors.ts";
import { readText } from "../core/folder.ts";
import { type ArrayForm, type Plan, planHash } from "./plan.ts";
import { FOLDERS } from "./recipe.ts";
import { type Store, WORK } from "./store.ts";

/** What a preparation has begun with. */
export interface Begun {
  readonly hash: string;
  readonly plan: Plan;
  readonly forms: Readonly<Record<string, ArrayForm>>;
}

const STATE = `${WORK}/state.json`;

/** What was begun in a folder; undefined if nothing was. @throws RunError if the file is damaged. */
export async function begunIn(store: Store): Promise<Begun | undefined> {
  if (!(await store.exists(STATE))) return undefined;
  try {
    return JSON.parse(await readText(store, STATE)) as Begun;
  } catch {
    throw runError(`${store.label}: ${STATE} is damaged; start over with --force.`, { path: STATE });
  }
}

/**
 * Begins a preparation, or continues one with the same plan; `makeForms` reads the first samples.
 * @throws RunError if the folder holds something else and `force` is not set.
 */
export async function begin(
  store: Store,
  plan: Plan,
  force: boolean,
  makeForms: () => Promise<Begun["forms"]>,
): Promise<Begun> {
  const hash = await planHash(plan);
  const before = force ? undefined : await begunIn(store);
  if (before?.hash === hash) return before;
  if (before !== undefined) {
    throw runError(
      `${store.label}: a preparation with other options, or of other files, was begun here. Give another --out, or --force to start over.`,
      { folder: store.label },
    );
  }
  const files: readonly string[] = await store.list().catch(() => []);
  if (files.length > 0 && !force) {
    const what = files.includes("prepare.json") ? "this folder holds prepared data" : "this folder is not empty";
    throw runError(`${store.label}: ${what}; give another --out, or --force to replace the data set in it.`, {
      folder: store.label,
    });
  }
  const forms = await makeForms();
  const ours = [WORK, ...FOLDERS].map((folder) => `${folder}/`);
  const old = files.filter((file) => ours.some((folder) => file.startsWith(folder)));
  for (const file of ["dataset.json", "prepare.json", ...old]) await store.remove(file);
  const begun = { hash, plan, forms };
  await store.write(STATE, JSON.stringify(begun));
  return begun;
}
