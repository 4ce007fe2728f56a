/** @file A command as the one owner of the folder it writes into, from its first look to its last file. */
import { lockFolder } from "../node/lock.ts";
import { note, printError } from "./answer.ts";
import { quoted } from "./text.ts";

/** Whether the command has a --force, and what else may be done about an owner; see LockOptions. */
export interface Owning {
  /** The flag; left out where the command has none. */
  readonly force?: boolean | undefined;
  /** Another way out, as in "give another --out". */
  readonly instead?: string;
}

/** Runs `work` as the owner of a folder. @throws RunError when another process owns it. */
export async function owning<T>(directory: string, owner: Owning, work: () => Promise<T>): Promise<T> {
  const ways = [
    ...(owner.instead === undefined ? [] : [owner.instead]),
    ...("force" in owner ? ["take its place with --force, whereupon it stops"] : []),
  ];
  const release = await lockFolder(directory, {
    command: ["dmil", ...process.argv.slice(2).map(quoted)].join(" "),
    advice: ways.map((way) => `; or ${way}`).join(""),
    force: owner.force === true,
    tell: note,
    // At once: whatever is written from here on would be written into the files of another.
    onLost: (error) => process.exit(printError(error, process.argv.includes("--json"))),
  });
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // Where nobody else listens, the signal ends the process as it always does, but for the lock.
  const end = (name: NodeJS.Signals): void => {
    if (process.listenerCount(name) > 1) return;
    release();
    process.removeListener(name, end);
    process.kill(process.pid, name);
  };
  for (const name of names) process.on(name, end);
  try {
    return await work();
  } finally {
    for (const name of names) process.removeListener(name, end);
    release();
  }
}
