#!/usr/bin/env node
/** @file The command line: the list of commands (their flags are in flags/), errors and exit codes. */
import { Command, CommanderError } from "commander";
import { configError } from "../core/errors.ts";
import { systemReason } from "../core/system-errors.ts";
import { type Answer, printAnswer, printError } from "./answer.ts";
import { data } from "./flags/data.ts";
import { compare, job, recover, sweep } from "./flags/experiments.ts";
import { cache, encode } from "./flags/features.ts";
import { bits, pid, quantify } from "./flags/information.ts";
import { prepare } from "./flags/prepare.ts";
import { completion, demo, doctor, methods } from "./flags/program.ts";
import { evaluate, explain, exportModel, predict } from "./flags/run.ts";
import type { Define } from "./flags/shared.ts";
import { resume, train } from "./flags/train.ts";
import { checkPaths } from "./paths.ts";
import { version } from "./version.ts";

/** All commands, in the order of the help text. */
const COMMANDS: readonly Define[] = [
  ...[demo, prepare, data, methods, train, resume, evaluate, predict, explain, exportModel, recover, quantify, bits],
  ...[pid, sweep, job, compare, encode, cache, completion, doctor],
];

/** The program with all commands; each passes the promise of its answer to `give`. */
function programOf(give: (answer: Promise<Answer>) => Promise<void>): Command {
  const program = new Command("dmil")
    .description("Multimodal learning that reports, sample by sample, what each modality contributed.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .hook("preAction", (_, command) => checkPaths(command));
  for (const define of COMMANDS) define(program, give);
  return program;
}

/** Advice for flags that users expect but that have another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "--epochs": "train takes --epochs 5, sweep --set epochs=5",
  "--lr": "did you mean --learning-rate?",
};

/** An error of commander as a ConfigError with advice. */
function usageError({ message }: CommanderError, help: string): Error {
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  const flag = /'(--[\w-]+)'/.exec(first)?.[1] ?? "";
  const advice = ELSEWHERE[flag] ?? more.join(" ").replace(/^\(D/, "d").replace(/\)$/, "");
  return configError(
    `${first.replace(/\.$/, "")}${advice === "" ? "" : `; ${advice}`}${advice.endsWith("?") ? "" : "."} See ${help} --help.`,
  );
}

/** The command that `words` name, for example `dmil data check`; words that name no command are ignored. */
function commandOf(program: Command, words: readonly string[]): string {
  const inner = program.commands.find((command) => command.name() === words[0]);
  return inner === undefined ? program.name() : `${program.name()} ${commandOf(inner, words.slice(1))}`;
}

async function main(argv: readonly string[]): Promise<number> {
  const asJson = argv.includes("--json");
  let code = 0;
  const program = programOf(async (pending) => {
    const answer = await pending;
    printAnswer(answer, asJson);
    if (answer.failed === true) code = 1;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error, asJson);
    return error.exitCode === 0 ? 0 : printError(usageError(error, commandOf(program, argv)), asJson);
  }
}

/** Whether stderr could not be written; the exit code is then 1 even if the command succeeded. */
let stderrFailed = false;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // EPIPE: the reader has closed the pipe (`dmil explain ... | head`), which is not an error.
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`RunError: standard output cannot be written: ${systemReason(error)}\n`);
  process.exit(1);
});
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  // The error cannot be printed, so the command continues.
  if (error.code !== "EPIPE") stderrFailed = true;
});
process.on("uncaughtException", (error) => {
  process.exit(printError(error, process.argv.includes("--json")));
});
process.exitCode = await main(process.argv.slice(2));
process.once("exit", () => {
  if (stderrFailed) process.exitCode = 1;
});
