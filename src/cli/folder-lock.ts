/** @file Locks the folder that a command writes into while the command runs. */
import { lockFolder } from "../node/lock.ts";
import { note, printError } from "./answer.ts";
import { quoted } from "./text.ts";

/** Whether the command has --force, and what else the user can do if the folder is locked; see LockOptions. */
export interface LockChoices {
  /** The value of --force; absent if the command has no such flag. */
  readonly force?: boolean | undefined;
  /** An alternative for the user, for example "give another --out". */
  readonly instead?: string;
}

/** Runs `work` while holding the lock of a folder. @throws RunError if another process holds it. */
export async function withFolderLock<T>(directory: string, owner: LockChoices, work: () => Promise<T>): Promise<T> {
  const ways = [
    ...(owner.instead === undefined ? [] : [owner.instead]),
    ...("force" in owner ? ["take over with --force, which stops that process"] : []),
  ];
  const release = await lockFolder(directory, {
    command: ["dmil", ...process.argv.slice(2).map(quoted)].join(" "),
    advice: ways.map((way) => `; or ${way}`).join(""),
    force: owner.force === true,
    tell: note,
    // Exits immediately, because later writes would go into files of another process.
    onLost: (error) => process.exit(printError(error, process.argv.includes("--json"))),
  });
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // If there is no other listener, releases the lock and then lets the signal end the process as usual.
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
