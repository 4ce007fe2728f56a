/** @file Commands about the program itself: demo, methods, completion, doctor. */
import { Argument } from "commander";
import { candidates, SCRIPTS, SHELLS, type Shell } from "../completion.ts";
import { add, type Define, quiet } from "./shared.ts";

export const demo: Define = (program, give) => {
  add(program, "demo", "generate data, train three methods and explain samples (about half a minute)")
    .option("--out <dir>", "folder for the data and the runs (default: a temporary folder)")
    .option(...quiet)
    .action(async (flags) => give((await import("../commands/demo.ts")).demo(flags)));
};

export const methods: Define = (program, give) => {
  add(program, "methods", "list every method and named variant").action(async () =>
    give((await import("../commands/methods.ts")).methods()),
  );
};

/** `dmil completion`, and the hidden command that its scripts call. */
export const completion: Define = (program, give) => {
  add(program, "completion", "print the script that completes commands, flags and method names in a shell")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action(async (shell: Shell) =>
      give(Promise.resolve({ text: SCRIPTS[shell], json: { shell, script: SCRIPTS[shell] } })),
    );
  program
    .command("complete", { hidden: true })
    .description("candidates for the last word, for the scripts of `dmil completion`")
    .argument("[words...]")
    .action(async (words: string[]) => {
      const methodNames = async () => (await import("../../methods/index.ts")).methodNames;
      process.stdout.write((await candidates(program, words, methodNames)).map((word) => `${word}\n`).join(""));
    });
};

export const doctor: Define = (program, give) => {
  add(program, "doctor", "check that training works here, and how to install what is missing").action(async () =>
    give((await import("../commands/doctor.ts")).doctor()),
  );
};
