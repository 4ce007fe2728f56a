/** @file One owner of a folder at a time: a lock file that says who, a heartbeat, and taking over from an owner that is dead. */
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
  /** What the owner is called in messages to others: the command as it was typed. */
  readonly command: string;
  /** What to do about a living owner besides waiting, to follow "Wait for it, or stop it there". */
  readonly advice?: string;
  /** Take the folder although its owner seems alive. */
  readonly force?: boolean;
  /** Told that the folder of a dead owner was taken over. */
  readonly tell?: (text: string) => void;
  /** Called once when another process has taken the folder, or the folder is gone: nothing may be written from then on. */
  readonly onLost: (error: DmilError) => void;
  /** Milliseconds to wait for a living owner to end, 0. */
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
 * Makes this process the one owner of a folder, which is made if it is not there. Gives the function that ends that; the end of the
 * process does so too, but for a kill, after which the next process takes over.
 * @throws RunError when a living process owns it, with who that is; when nobody may write there.
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
    return own(place, taken.handle, made, options.onLost);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw runError(`${directory}: the folder was removed just now. Give the command again.`, { folder: directory });
    }
    throw explained(directory, "write into", "this folder", cause);
  }
}

/** A living owner that was displaced writes on until its next heartbeat: until then, or until it is gone, nothing may be written here. */
async function ended(place: Place, before: Held): Promise<void> {
  const until = performance.now() + 3 * BEAT;
  while (performance.now() < until && !(await isDead(place, before))) await sleep(100);
}

/** The lock is had: keeps it alive, sees when it is lost, and gives its end. */
function own(place: Place, handle: fs.FileHandle, made: string | undefined, onLost: LockOptions["onLost"]): () => void {
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
    const held = await look(place, LOCK).catch(() => "unknown" as const); // a disk that does not answer may answer again
    if (ended) return;
    if (held === undefined || (held !== "unknown" && held.token !== place.token)) {
      end();
      onLost(lostError(place.directory, held));
      return;
    }
    // The same bytes again: the file system sets the time by its own clock, and nobody ever reads half a text.
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

/** The highest folder on the way to a place that is not there. */
function firstMissing(directory: string): string | undefined {
  let missing: string | undefined;
  for (let own = path.resolve(directory); !files.existsSync(own); own = path.dirname(own)) missing = own;
  return missing;
}

/** The folder, and those above it down from `made`, as far as they are empty: an owner that wrote nothing leaves nothing. */
function removeEmpty(directory: string, made: string): void {
  try {
    for (let own = path.resolve(directory); own.startsWith(made); own = path.dirname(own)) files.rmdirSync(own);
  } catch {} // it holds something
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
