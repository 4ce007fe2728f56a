/** @file Peers of the benches: Python processes that run the same steps on request, and what all contenders answer. */
import { spawn } from "node:child_process";
import * as readline from "node:readline";

/** A contender: runs steps and answers with what was measured. */
export interface Contender<Round> {
  readonly name: string;
  run(steps: number): Promise<Round>;
  close(): Promise<void>;
}

/** A peer of the folder peers/ that answers `run N` with one line of JSON; the reason where it cannot run. */
export async function peer<Round>(
  python: string,
  script: string,
  args: readonly (string | number)[],
): Promise<Contender<Round> | string> {
  const file = new URL(`peers/${script}`, import.meta.url).pathname;
  const child = spawn(python, [file, ...args.map(String)], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<undefined>((resolve) => child.on("error", () => resolve(undefined)));
  const answer = async (): Promise<Record<string, unknown> | undefined> => {
    const line = await Promise.race([lines.next(), failed]);
    return line === undefined || line.done ? undefined : (JSON.parse(line.value) as Record<string, unknown>);
  };
  const ready = await answer();
  if (ready?.ready !== true) return String(ready?.reason ?? `${python} or its package is absent`);
  return {
    name: `${ready.peer} ${ready.version}`,
    async run(steps) {
      child.stdin.write(`run ${steps}\n`);
      const result = await answer();
      if (result === undefined) throw new Error(`${script} ended early`);
      return result as Round;
    },
    async close() {
      child.stdin.end("quit\n");
      await new Promise((resolve) => child.on("exit", resolve));
    },
  };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
