/** @file The command prepare. Options of a recipe are no flags here, because recipes are loaded by name. */
import { Argument } from "commander";
import { recipeNames } from "../../prepare/index.ts";
import { add, type Define, quiet } from "./shared.ts";

/** `dmil prepare`, and the hidden command of its child processes. */
export const prepare: Define = (program, give) => {
  // Choices are for completion; the command itself answers an unknown name with the nearest one.
  const recipe = new Argument("[recipe]", "a recipe, or list");
  recipe.argChoices = ["list", ...recipeNames];
  add(program, "prepare", "make a data folder from raw files: recordings, pictures, tables")
    .usage("RECIPE SOURCE --out DIR [options of the recipe]\n       dmil prepare list [RECIPE]")
    .addArgument(recipe)
    .argument("[source]", "the folder of the raw files")
    .option("--out <dir>", "folder to write to; the same command continues a stopped preparation")
    .option("--check", "only say what was found, and what time and space it will take")
    .option("--limit <n>", "at most so many samples, spread over splits and classes")
    .option("--workers <n>", "processes at a time (default: one for each core)")
    .option("--require-all", "leave out samples that lack a modality (default: the modality is missing)")
    .option("--skip-broken", "treat files that cannot be read as missing, and count them")
    .option("--force", "start over in a folder that is not empty; a data set in it is replaced")
    .option(...quiet)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", "\n`dmil prepare list RECIPE` prints the files that a recipe expects and its own options.")
    .action(async (_recipe, _source, flags, command) =>
      give((await import("../commands/prepare.ts")).prepare(command.args, flags)),
    );
  program
    .command("prepare-shards", { hidden: true })
    .description("prepare some shards for `dmil prepare` in a child process")
    .action(async () => (await import("../commands/prepare-shards.ts")).prepareShards());
};
