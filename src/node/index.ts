/** @file `dmil/node`: functions that need Node. */
export type { Outcome } from "../core/outcome.ts";
export { disk } from "./disk.ts";
export { type LockOptions, lockFolder } from "./lock.ts";
export { type Machine, machine } from "./machine.ts";
export { type PoolOptions, runJobs, serveJob } from "./pool.ts";
