/** @file The machine a run happens on, as plain facts for its record. */
import * as os from "node:os";

/** Facts about the machine and the process. */
export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly host: string;
  readonly pid: number;
}

/** This machine, this process. */
export function machine(): Machine {
  return {
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGiB: Math.round((os.totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
    host: os.hostname(),
    pid: process.pid,
  };
}

/** Is another process of this machine still at work under that number? */
export function isAlive(owner: { readonly host: string; readonly pid: number }): boolean {
  if (owner.host !== os.hostname() || owner.pid === process.pid) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
