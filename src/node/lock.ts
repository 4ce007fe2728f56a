/** @file One owner of a folder at a time: a lock file that says who, a heartbeat, and taking over from an owner that is dead. */
import { randomBytes } from "node:crypto";
import * as files from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DmilError, runError } from "../core/errors.ts";
import { explained, LOCK, makeDirectory } from "./disk.ts";
import { isAt, type Process, processHere, sameMachine } from "./machine.ts";

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

/** Milliseconds between heartbeats, and from the last one until an owner on another machine is dead. */
const BEAT = 5_000;
const DEAD = 60_000;
/** Milliseconds that a file may be on its way from made to written. */
const HALF_WRITTEN = 1_000;

interface Owner extends Process {
  readonly since: string;
  readonly command: string;
}

/** A lock file as it lies there. */
interface Held {
  /** Names this lock and no other, ever. */
  readonly token: string;
  /** Left out when the file cannot be read as a lock. */
  readonly owner?: Owner;
  /** Its last heartbeat, by the clock of the file system. */
  readonly touched: number;
}

/** The folder, and what this process writes into its lock files. */
interface Place {
  readonly directory: string;
  readonly token: string;
  readonly text: string;
}

/**
 * Makes this process the one owner of a folder, which is made if it is not there. Gives the function that ends that; the end of the
 * process does so too, but for a kill, after which the next process takes over.
 * @throws RunError when a living process owns it, with who that is; when nobody may write there.
 */
export async function lockFolder(directory: string, options: LockOptions): Promise<() => void> {
  const { command, force = false, patience = 0, tell = () => {} } = options;
  const token = newToken();
  const owner: Owner = { ...(await processHere()), since: new Date().toISOString(), command };
  const place: Place = { directory, token, text: `${JSON.stringify({ token, ...owner })}\n` };
  try {
    const made = await makeDirectory(directory);
    const until = performance.now() + patience;
    let taken = await take(place, LOCK, async (held) => force || isDead(place, held));
    while (!("handle" in taken) && performance.now() < until) {
      await sleep(100);
      taken = await take(place, LOCK, (held) => isDead(place, held));
    }
    if (!("handle" in taken)) throw await heldError(place, taken, options.advice);
    if (taken.before !== undefined) tell(takeover(directory, taken.before));
    await removeLitter(place);
    return own(place, taken.handle, made, options.onLost);
  } catch (cause) {
    throw explained(directory, "write into", "this folder", cause);
  }
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

/**
 * Makes the file `name` with this process in it, or puts it in the place of one that `mayReplace`; gives what is in the way otherwise.
 * Whoever replaces or removes a file must first make the claim on its token, a file too. A token never comes back once its file is
 * gone, so the holder of the claim, having looked once more, knows that nobody else changes the file.
 */
async function take(
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
  if (right === name) {
    // A damaged claim that is a claim on itself.
    await fs.rm(path.join(place.directory, name), { force: true });
    return undefined;
  }
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

function newToken(): string {
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
async function look({ directory }: Place, name: string): Promise<Held | undefined> {
  const until = performance.now() + HALF_WRITTEN;
  for (;;) {
    const [text, touched] = await readWithTime(path.join(directory, name));
    if (text === undefined) return undefined;
    if (text.endsWith("\n") || performance.now() > until) return { ...parsed(text), touched };
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

function parsed(text: string): Pick<Held, "token" | "owner"> {
  try {
    const { token, ...owner } = JSON.parse(text) as Owner & { readonly token: string };
    const { pid, host, boot, space, started, since, command } = owner;
    const words = [token, host, boot, space, started, since, command].every((word) => typeof word === "string");
    if (words && /^[0-9a-f]{16}$/.test(token) && Number.isInteger(pid) && pid > 0) return { token, owner };
  } catch {} // it was damaged, or its writer was killed
  return { token: "unreadable" };
}

/** On this machine the process itself is asked; another machine's shows that it lives by its heartbeat. */
async function isDead(place: Place, { owner, touched }: Held): Promise<boolean> {
  if (owner !== undefined && sameMachine(owner, await processHere())) return !(await isAt(owner));
  return (await clockOf(place)) - touched > DEAD;
}

/** Milliseconds by the clock of the file system: on a shared disk it is not the one of this machine. */
async function clockOf({ directory, token }: Place): Promise<number> {
  const probe = path.join(directory, `${LOCK}.${token}.clock`);
  try {
    await fs.writeFile(probe, "");
    return (await fs.stat(probe)).mtimeMs;
  } finally {
    await fs.rm(probe, { force: true });
  }
}

/** What processes left that were killed while they took a lock. */
async function removeLitter(place: Place): Promise<void> {
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
function removeOwn({ directory, token, text }: Place): void {
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

/** The folder, and those above it down from `made`, as far as they are empty: an owner that wrote nothing leaves nothing. */
function removeEmpty(directory: string, made: string): void {
  const top = path.resolve(made);
  try {
    for (let own = path.resolve(directory); own.startsWith(top); own = path.dirname(own)) files.rmdirSync(own);
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
    `${directory}: ${called(owner, here)} is at work here${sign}. Wait for it, or stop it with Ctrl-C there${advice}.`,
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
