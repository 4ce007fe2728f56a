/** @file Commands about data: check and generate. */
import { withReadingFlags } from "../reading-flags.ts";
import { add, type Define, withSubcommands } from "./shared.ts";

/** `dmil data check` and `dmil data generate`. */
export const data: Define = (program, give) => {
  const parent = withSubcommands(
    program.command("data").description("check a data folder, or generate data"),
    "check|generate",
  );
  withReadingFlags(add(parent, "check <dir>", "read a data folder, check it and print what it contains"))
    .option("--modalities <names>", "use only these modalities, for example audio,face")
    .action(async (dir, flags) => give((await import("../commands/data-check.ts")).dataCheck(dir, flags)));
  add(parent, "generate [recordings]", "generate data where the true component of every sample is known")
    .option(
      "--kind <name>",
      "interaction-mixture, quad, scenes (pictures and questions), plane (points in a square), sums (numbers, or yes-or-no labels), or digits (real speech and handwriting; needs the folder of the data set avdigits)",
      "interaction-mixture",
    )
    .requiredOption("--out <dir>", "folder to write to")
    .option("--force", "write into a folder that is not empty; a data set in it is replaced")
    .option("--target <kind>", "sums: the kind of target, regression or multilabel (default: regression)")
    .option("--samples <n>", "total number, or train=600,validation=200,test=200 (default: depends on --kind)")
    .option("--noise <x>", "standard deviation of the noise (default: 0.3; quad: 0.5, scenes: 0.1, plane: 0.05)")
    .option(
      "--shares <list>",
      "shares of samples; mixture, plane, digits: redundant=0.25,unique=0.25,synergistic=0.25 (unique is for each modality); scenes: colour=0.5,fact=0.5",
    )
    .option("--classes <n>", "mixture, plane: number of classes (default: 2)")
    .option("--features <n>", "mixture, quad: number of features of each modality (default: 20; quad: 32)")
    .option(
      "--modalities <names>",
      "mixture: two or more (default: a,b); digits: audio or audio_noisy, image or image_pca",
    )
    .option("--synergy <kind>", "mixture of three or more modalities: synergy of all, or pairs (default: all)")
    .option("--stratified", "mixture: exact shares instead of a random component for each sample")
    .option("--seed <n>", "seed", "0")
    .action(async (recordings, flags) =>
      give((await import("../commands/data-generate.ts")).dataGenerate(recordings, flags)),
    );
};
