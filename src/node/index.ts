/** @file `dmil/node`: what only Node can do. */
export { disk } from "./disk.ts";
export { type LockOptions, lockFolder } from "./lock.ts";
export { type Machine, machine } from "./machine.ts";
export { type Outcome, type PoolOptions, runJobs, serveJob } from "./pool.ts";
