/** @file Locks a folder for one process: a lock file that names the owner, a heartbeat, and takeover from a dead owner. */
import * as files from "node:fs";
import type * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DmilError, runError } from "../core/errors.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { explained } from "../core/system-errors.ts";
import { LOCK, makeDirectory } from "./disk.ts";
import {
  clockOf,
  DEAD,
  type Held,
  isDead,
  look,
  newToken,
  type Owner,
  type Place,
  removeLitter,
  removeOwn,
  take,
} from "./lock-file.ts";
import { processHere, sameMachine } from "./machine.ts";

export interface LockOptions {
  /** Name of the owner in messages to other processes: the command as typed. */
  readonly command: string;
  /** Further advice about a living owner; it follows "Wait for it, or stop it there" in the message. */
  readonly advice?: string;
  /** Take the lock even if its owner seems alive. */
  readonly force?: boolean;
  /** Called with a note if the lock was taken over. */
  readonly tell?: (text: string) => void;
  /** Called once if another process has taken the lock, or the folder was removed; nothing may be written afterwards. */
  readonly onLost: (error: DmilError) => void;
  /** Milliseconds to wait for a living owner to end; default 0. */
  readonly patience?: number;
}

const KNOWN: Keys<LockOptions> = {
  command: true,
  advice: true,
  force: true,
  tell: true,
  onLost: true,
  patience: true,
};

/** Milliseconds between heartbeats. */
const BEAT = 5_000;

/**
 * Locks a folder for this process and creates the folder if needed. Returns the function that releases the lock, which also happens when
 * the process ends; after a kill, the next process takes over.
 * @throws RunError if a living process holds the lock (the message names it), or the folder cannot be written to.
 */
export async function lockFolder(directory: string, options: LockOptions): Promise<() => void> {
  checkOptions("lockFolder", options, KNOWN);
  const { command, force = false, patience = 0, tell = () => {} } = options;
  const token = newToken();
  const owner: Owner = { ...(await processHere()), since: new Date().toISOString(), command };
  const place: Place = { directory, token, text: `${JSON.stringify({ token, ...owner })}\n` };
  try {
    const made = firstMissing(directory);
    await makeDirectory(directory);
    const until = performance.now() + patience;
    let taken = await take(place, LOCK, async (held) => force || isDead(place, held));
    while (!("handle" in taken) && performance.now() < until) {
      await sleep(100);
      taken = await take(place, LOCK, (held) => isDead(place, held));
    }
    if (!("handle" in taken)) throw await heldError(place, taken, options.advice);
    if (taken.before !== undefined) {
      tell(takeover(directory, taken.before));
      await ended(place, taken.before);
    }
    await removeLitter(place);
    return keepAlive(place, taken.handle, made, options.onLost);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw runError(`${directory}: the folder was removed while it was being locked. Run the command again.`, {
        folder: directory,
      });
    }
    throw explained(directory, "write into", "this folder", cause);
  }
}

/** Waits until a displaced owner is dead, or has noticed it at its next heartbeat; before that, it may still write. */
async function ended(place: Place, before: Held): Promise<void> {
  const until = performance.now() + 3 * BEAT;
  while (performance.now() < until && !(await isDead(place, before))) await sleep(100);
}

/** Sends heartbeats, detects a lost lock, and returns the function that releases the lock. */
function keepAlive(
  place: Place,
  handle: fs.FileHandle,
  made: string | undefined,
  onLost: LockOptions["onLost"],
): () => void {
  let ended = false;
  let timer: NodeJS.Timeout;
  const end = (): void => {
    ended = true;
    clearTimeout(timer);
    process.removeListener("exit", release);
    handle.close().catch(() => {});
  };
  const release = (): void => {
    if (ended) return;
    end();
    removeOwn(place);
    if (made !== undefined) removeEmpty(place.directory, made);
  };
  const beat = async (): Promise<void> => {
    const held = await look(place, LOCK).catch(() => "unknown" as const); // a disk that does not respond may respond later
    if (ended) return;
    if (held === undefined || (held !== "unknown" && held.token !== place.token)) {
      end();
      onLost(lostError(place.directory, held));
      return;
    }
    // Writes the same bytes, so that the file system updates the time and no reader sees an incomplete text.
    await handle.write(place.text, 0).catch(() => {});
    await handle.sync().catch(() => {});
    if (!ended) again();
  };
  const again = (): void => {
    timer = setTimeout(() => void beat(), BEAT).unref();
  };
  again();
  process.on("exit", release);
  return release;
}

/** The topmost missing folder of a path; undefined if the path exists. */
function firstMissing(directory: string): string | undefined {
  let missing: string | undefined;
  for (let at = path.resolve(directory); !files.existsSync(at); at = path.dirname(at)) missing = at;
  return missing;
}

/** Removes the folder and its parents up to `made` if they are empty, so that an owner that wrote nothing leaves no folders. */
function removeEmpty(directory: string, made: string): void {
  try {
    for (let at = path.resolve(directory); at.startsWith(made); at = path.dirname(at)) files.rmdirSync(at);
  } catch {} // a folder is not empty
}

function called({ pid, host, since, command }: Owner, here: boolean): string {
  const when = since.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return `process ${pid}${here ? "" : ` of the machine ${host}`} (\`${command}\`, since ${when})`;
}

async function heldError(place: Place, { owner, touched }: Held, advice = ""): Promise<DmilError> {
  const { directory } = place;
  if (owner === undefined) {
    return runError(
      `${directory}: another process is at work here; which one cannot be read in ${LOCK}. Try again in a minute${advice}.`,
      { folder: directory },
    );
  }
  const { pid, host, since, command } = owner;
  const here = sameMachine(owner, await processHere());
  const age = here ? 0 : Math.max(0, Math.round(((await clockOf(place)) - touched) / 1000));
  const sign = here ? "" : `; its last sign of life is ${age} s old, and after ${DEAD / 1000} s it counts as dead`;
  return runError(
    `${directory}: ${called(owner, here)} is at work here${sign}. Wait for it, or stop it ${here ? `(Ctrl-C there, or: kill ${pid})` : "there"}${advice}.`,
    { folder: directory, pid, host, since, command },
  );
}

function takeover(directory: string, { owner }: Held): string {
  const who = owner === undefined ? "a process that is gone" : called(owner, false);
  return `note: ${directory}: taken over from ${who}.`;
}

function lostError(directory: string, held: Held | undefined): DmilError {
  if (held === undefined) {
    return runError(
      `${directory}: the folder was removed or emptied while this process was at work in it; it stops here.`,
      { folder: directory },
    );
  }
  const who = held.owner === undefined ? "another process" : called(held.owner, false);
  return runError(`${directory}: ${who} has taken this folder (--force); this process stops without writing on.`, {
    folder: directory,
  });
}
