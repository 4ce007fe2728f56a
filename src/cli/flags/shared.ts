/** @file What the definitions of commands share. They hold flags and help texts only; the code of a command is loaded when it is called, so that help prints quickly. */
import { type Command, Option } from "commander";
import { configError, hint } from "../../core/errors.ts";
import type { Answer } from "../answer.ts";

/** Adds a command to the program; the command passes the promise of its answer to `give`. */
export type Define = (program: Command, give: (answer: Promise<Answer>) => Promise<void>) => void;

/** A command with `--json`. */
export function add(parent: Command, usage: string, description: string): Command {
  return parent.command(usage).description(description).option("--json", "print one JSON document on stdout");
}

/** A command that only holds others; called without one of them, or with another word, it says which there are. */
export function withSubcommands(parent: Command, usage: string): Command {
  return parent
    .usage(usage)
    .argument("[subcommand]")
    .allowExcessArguments()
    .action((name?: string) => {
      const subcommands = parent.commands.map((command) => command.name());
      const problem =
        name === undefined
          ? `a subcommand is needed: ${subcommands.join(" or ")}.`
          : `unknown subcommand "${name}"${hint(name, subcommands)}`;
      throw configError(`dmil ${parent.name()}: ${problem}`);
    });
}

export const quiet = ["-q, --quiet", "print no progress on stderr"] as const;

/** Adds the flags for the features of frozen encoders. */
export function withCacheFlags(command: Command): Command {
  return command
    .option("--cache <dir>", "folder that keeps features of frozen encoders (default: in the cache folder of the user)")
    .option("--no-cache", "keep no features of frozen encoders");
}

/** The flag for one of the three splits. */
export function split(help = "which split"): Option {
  return new Option("--split <name>", help).choices(["train", "validation", "test"]).default("test");
}

/** Collects the values of a flag that can be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
