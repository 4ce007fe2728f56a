/** @file Commands about frozen encoders: encode and cache. */
import { withReadingFlags } from "../reading-flags.ts";
import { add, collect, type Define, quiet, withCacheFlags, withSubcommands } from "./shared.ts";

export const encode: Define = (program, give) => {
  withCacheFlags(
    withReadingFlags(add(program, "encode <dir>", "write a data folder with the features of frozen encoders")),
  )
    .requiredOption(
      "--encoder <kind>",
      "a frozen network of all modalities or of one, for example face=onnx:net.onnx,output=pooled; can be repeated",
      collect,
    )
    .requiredOption("--out <dir>", "folder to write to")
    .option("--modalities <names>", "modalities to keep, for example audio,face (default: all)")
    .option("--threads <n>", "threads within one operation (default: all cores)")
    .option("--force", "replace the data set in a folder that is not empty")
    .option(...quiet)
    .action(async (dir, flags) => give((await import("../commands/encode.ts")).encode(dir, flags)));
};

/** `dmil cache ls` and `dmil cache prune`. */
export const cache: Define = (program, give) => {
  const parent = withSubcommands(
    program.command("cache").description("features of frozen encoders that are kept on this machine"),
    "ls|prune",
  );
  const where = ["--cache <dir>", "folder of the cache (default: in the cache folder of the user)"] as const;
  add(parent, "ls", "list what is kept, the last used first")
    .option(...where)
    .action(async (flags) => give((await import("../commands/cache.ts")).cacheList(flags)));
  add(parent, "prune", "remove what is kept")
    .option(...where)
    .option("--older-than <time>", "only what was not used for this time, for example 30d, 12h or 2w")
    .action(async (flags) => give((await import("../commands/cache.ts")).cachePrune(flags)));
};
