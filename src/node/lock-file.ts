/** @file The files of a lock: only one process can create one, and only one can replace that of a dead process. */
import { randomBytes } from "node:crypto";
import * as files from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LOCK } from "./disk.ts";
import { isAt, type Process, processHere, sameMachine } from "./machine.ts";

/** Milliseconds after the last heartbeat until an owner on another machine is treated as dead. */
export const DEAD = 60_000;
/** Maximum milliseconds between creating and writing a lock file. */
const HALF_WRITTEN = 1_000;

export interface Owner extends Process {
  readonly since: string;
  readonly command: string;
}

/** The contents of a lock file. */
export interface Held {
  /** Unique name of this lock, never reused. */
  readonly token: string;
  /** Undefined if the file cannot be read as a lock. */
  readonly owner?: Owner;
  /** Time of the last heartbeat, by the clock of the file system. */
  readonly touched: number;
}

/** The folder, and the text that this process writes into lock files. */
export interface Place {
  readonly directory: string;
  readonly token: string;
  readonly text: string;
}

/**
 * Creates the lock file `name` for this process, or replaces one that `mayReplace` allows; otherwise returns the existing lock.
 * A process that replaces or removes a lock must first create a claim file for its token. A token is never reused after its file is
 * removed, so the holder of the claim, after checking the lock again, knows that no other process changes it.
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

/** Replaces the lock `held` by one of this process; undefined if another process is doing so or has done so. */
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

/** Creates a lock file for this process; undefined if the file exists. */
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

/** Reads a lock file; undefined if there is none. */
export async function look({ directory }: Place, name: string): Promise<Held | undefined> {
  const until = performance.now() + HALF_WRITTEN;
  for (;;) {
    const [text, touched] = await readWithTime(path.join(directory, name));
    if (text === undefined) return undefined;
    if (text.endsWith("\n") || performance.now() > until) {
      const held = parsed(text);
      // A claim that names itself is damaged, because no process could claim it; it is treated as unreadable.
      return { ...(claimOn(held.token) === name ? UNREADABLE : held), touched };
    }
    await sleep(20);
  }
}

/** Opens the file again, so that a shared disk asks its server for the time. */
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
  } catch {} // the file is damaged, or its writer was killed
  return UNREADABLE;
}

/** Whether an owner is dead: on this machine by its process, on another machine by its heartbeat. */
export async function isDead(place: Place, { owner, touched }: Held): Promise<boolean> {
  if (owner !== undefined && sameMachine(owner, await processHere())) return !(await isAt(owner));
  return (await clockOf(place)) - touched > DEAD;
}

/** The time in milliseconds by the clock of the file system, which on a shared disk differs from that of this machine. */
export async function clockOf({ directory, token }: Place): Promise<number> {
  const probe = path.join(directory, `${LOCK}.${token}.clock`);
  try {
    await fs.writeFile(probe, "");
    return (await fs.stat(probe)).mtimeMs;
  } finally {
    await fs.rm(probe, { force: true });
  }
}

/** Removes files of processes that were killed while they took a lock. */
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

/** Removes the lock of this process synchronously, so that it can run at exit. A lock that another process is taking is left alone. */
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
  } catch {} // the next process takes over a lock that cannot be removed
}
