/** @file The list of recipes. Only names are here; a recipe is loaded when it is asked for, so that help prints quickly. */
import { configError, hint } from "../core/errors.ts";
import type { Recipe } from "./recipe.ts";

const RECIPES = {
  folder: async () => (await import("./recipes/folder.ts")).folder,
  rosmap: async () => (await import("./recipes/mogonet.ts")).rosmap,
  brca: async () => (await import("./recipes/mogonet.ts")).brca,
  avdigits: async () => (await import("./recipes/avdigits.ts")).avdigits,
  avmnist: async () => (await import("./recipes/avmnist.ts")).avmnist,
  cremad: async () => (await import("./recipes/cremad.ts")).cremad,
  "kinetic-sounds": async () => (await import("./recipes/kinetic-sounds.ts")).kineticSounds,
  ucf101: async () => (await import("./recipes/ucf101.ts")).ucf101,
  vggsound: async () => (await import("./recipes/vggsound.ts")).vggsound,
  food101: async () => (await import("./recipes/food101.ts")).food101,
  mosi: async () => (await import("./recipes/sentiment.ts")).mosi,
  mosei: async () => (await import("./recipes/sentiment.ts")).mosei,
  vqav2: async () => (await import("./recipes/questions.ts")).vqav2,
  clevr: async () => (await import("./recipes/questions.ts")).clevr,
  mustard: async () => (await import("./recipes/mustard.ts")).mustard,
} satisfies Record<string, () => Promise<Recipe>>;

/** The names of all recipes. */
export const recipeNames: readonly string[] = Object.keys(RECIPES);

/** The recipe of a name. @throws ConfigError with the nearest name. */
export async function recipeNamed(name: string): Promise<Recipe> {
  if (!Object.hasOwn(RECIPES, name)) {
    throw configError(`prepare: unknown recipe "${name}"${hint(name, recipeNames)}`, { recipe: name });
  }
  return RECIPES[name as keyof typeof RECIPES]();
}
