/** @file Facts about this machine for the record of a run, and the identity of its processes. */
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import { promisify } from "node:util";

/** Facts about the machine. */
export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

/** This machine. */
export function machine(): Machine {
  return {
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGiB: Math.round((os.totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
  };
}

/** A process among all that ever were: its number alone is given again to others. */
export interface Process {
  readonly host: string;
  readonly pid: number;
  /** Which start of the machine, and which of its process spaces (a container has its own); empty where that is unknown. */
  readonly boot: string;
  readonly space: string;
  /** When it started, in the system's own words; empty where that is unknown. */
  readonly started: string;
}

/** This process. */
export async function processHere(): Promise<Process> {
  here ??= {
    host: os.hostname(),
    pid: process.pid,
    boot: await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8").then((text) => text.trim(), unknown),
    space: await fs.readlink("/proc/self/ns/pid").catch(unknown),
    started: (await startOf(process.pid)) ?? "",
  };
  return here;
}

let here: Process | undefined;
const unknown = (): string => "";

/** Whether two processes share a machine and process namespace, so that one can look up the process id of the other. */
export function sameMachine(a: Process, b: Process): boolean {
  return a.host === b.host && a.boot === b.boot && a.space === b.space;
}

/** Whether a process of this machine still runs, and its id was not reused by another process. */
export async function isAt({ pid, started }: Process): Promise<boolean> {
  const now = await startOf(pid);
  return now !== undefined && (now === "" || started === "" || now === started);
}

/** The start time of the process with an id; undefined if there is none, empty if the time is unknown. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  if (os.platform() === "linux") {
    const text = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(unknown);
    // The name in brackets may contain any character; the state is field 3, the start time field 22.
    const [state = "", ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return /^[ZX]$/.test(state) ? undefined : (rest[18] ?? "");
  }
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)], { env }).catch(() => ({ stdout: "" }));
  return stdout.trim();
}

const run = promisify(execFile);
