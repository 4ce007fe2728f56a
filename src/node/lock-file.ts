/** @file The files that a lock is made of: made by one process only, put in the place of a dead one's by one process only. */
import { randomBytes } from "node:crypto";
import * as files from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LOCK } from "./disk.ts";
import { isAt, type Process, processHere, sameMachine } from "./machine.ts";

/** Milliseconds from the last heartbeat until an owner on another machine is dead. */
export const DEAD = 60_000;
/** Milliseconds that a file may be on its way from made to written. */
const HALF_WRITTEN = 1_000;

export interface Owner extends Process {
  readonly since: string;
  readonly command: string;
}

/** A lock file as it lies there. */
export interface Held {
  /** Names this lock and no other, ever. */
  readonly token: string;
  /** Left out when the file cannot be read as a lock. */
  readonly owner?: Owner;
  /** Its last heartbeat, by the clock of the file system. */
  readonly touched: number;
}

/** The folder, and what this process writes into its lock files. */
export interface Place {
  readonly directory: string;
  readonly token: string;
  readonly text: string;
}

/**
 * Makes the file `name` with this process in it, or puts it in the place of one that `mayReplace`; gives what is in the way otherwise.
 * Whoever replaces or removes a file must first make the claim on its token, a file too. A token never comes back once its file is
 * gone, so the holder of the claim, having looked once more, knows that nobody else changes the file.
 */
export async function take(
  place: Place,
  name: string,
  mayReplace: (held: Held) => Promise<boolean>,
): Promise<{ readonly handle: fs.FileHandle; readonly before?: Held } | Held> {
  for (;;) {
    const made = await create(place, name);
    if (made !== undefined) return { handle: made };
    const held = await look(place, name);
    if (held === undefined) continue;
    if (!(await mayReplace(held))) return held;
    const handle = await replace(place, name, held, mayReplace);
    if (handle !== undefined) return { handle, before: held };
    await sleep(20);
  }
}

/** Puts this process in the place of `held`; undefined when another one is doing so, or has done. */
async function replace(
  place: Place,
  name: string,
  held: Held,
  mayReplace: (held: Held) => Promise<boolean>,
): Promise<fs.FileHandle | undefined> {
  const right = claimOn(held.token);
  const claim = await take(place, right, (other) => isDead(place, other));
  if (!("handle" in claim)) return undefined;
  try {
    const now = await look(place, name);
    if (now?.token !== held.token || !(await mayReplace(now))) return undefined;
    const aside = `${LOCK}.${place.token}.new`;
    const handle = await create(place, aside);
    await fs.rename(path.join(place.directory, aside), path.join(place.directory, name));
    return handle;
  } finally {
    await claim.handle.close();
    await fs.rm(path.join(place.directory, right), { force: true });
  }
}

export function newToken(): string {
  return randomBytes(8).toString("hex");
}

function claimOn(token: string): string {
  return `${LOCK}.${token}`;
}

/** A new file with this process in it; undefined when there is one of that name. */
async function create({ directory, text }: Place, name: string): Promise<fs.FileHandle | undefined> {
  const file = path.join(directory, name);
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, "wx");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw cause;
  }
  try {
    await handle.write(text, 0);
    await handle.sync();
    return handle;
  } catch (cause) {
    await handle.close();
    await fs.rm(file, { force: true });
    throw cause;
  }
}

/** Whose file this is; undefined when there is none. */
export async function look({ directory }: Place, name: string): Promise<Held | undefined> {
  const until = performance.now() + HALF_WRITTEN;
  for (;;) {
    const [text, touched] = await readWithTime(path.join(directory, name));
    if (text === undefined) return undefined;
    if (text.endsWith("\n") || performance.now() > until) {
      const held = parsed(text);
      // A claim on itself is damaged: nobody could make the claim on it, so it counts as a file that cannot be read.
      return { ...(claimOn(held.token) === name ? UNREADABLE : held), touched };
    }
    await sleep(20);
  }
}

/** Opened anew, so that a shared disk asks its server for the time. */
async function readWithTime(file: string): Promise<readonly [string | undefined, number]> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(file, "r");
    return [await handle.readFile("utf8"), (await handle.stat()).mtimeMs];
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [undefined, 0];
    throw cause;
  } finally {
    await handle?.close();
  }
}

const UNREADABLE = { token: "unreadable" } as const;

function parsed(text: string): Pick<Held, "token" | "owner"> {
  try {
    const { token, ...owner } = JSON.parse(text) as Owner & { readonly token: string };
    const { pid, host, boot, space, started, since, command } = owner;
    const words = [token, host, boot, space, started, since, command].every((word) => typeof word === "string");
    if (words && /^[0-9a-f]{16}$/.test(token) && Number.isInteger(pid) && pid > 0) return { token, owner };
  } catch {} // it was damaged, or its writer was killed
  return UNREADABLE;
}

/** On this machine the process itself is asked; another machine's shows that it lives by its heartbeat. */
export async function isDead(place: Place, { owner, touched }: Held): Promise<boolean> {
  if (owner !== undefined && sameMachine(owner, await processHere())) return !(await isAt(owner));
  return (await clockOf(place)) - touched > DEAD;
}

/** Milliseconds by the clock of the file system: on a shared disk it is not the one of this machine. */
export async function clockOf({ directory, token }: Place): Promise<number> {
  const probe = path.join(directory, `${LOCK}.${token}.clock`);
  try {
    await fs.writeFile(probe, "");
    return (await fs.stat(probe)).mtimeMs;
  } finally {
    await fs.rm(probe, { force: true });
  }
}

/** What processes left that were killed while they took a lock. */
export async function removeLitter(place: Place): Promise<void> {
  const left = (await fs.readdir(place.directory)).filter((name) => name.startsWith(`${LOCK}.`));
  if (left.length === 0) return;
  const now = await clockOf(place);
  for (const name of left) {
    const file = path.join(place.directory, name);
    const stats = await fs.stat(file).catch(() => undefined);
    if (stats !== undefined && now - stats.mtimeMs > DEAD) await fs.rm(file, { force: true });
  }
}

/** Without waiting, so that it can be the last thing a process does. A lock that somebody takes right now is left to them. */
export function removeOwn({ directory, token, text }: Place): void {
  const claim = path.join(directory, claimOn(token));
  const lock = path.join(directory, LOCK);
  try {
    files.writeFileSync(claim, text.replace(token, newToken()), { flag: "wx" });
    try {
      if (parsed(files.readFileSync(lock, "utf8")).token === token) files.unlinkSync(lock);
    } finally {
      files.unlinkSync(claim);
    }
  } catch {} // a lock that cannot be removed is one that the next process takes over
}
