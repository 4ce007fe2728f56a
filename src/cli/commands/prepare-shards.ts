/** @file Some shards of `dmil prepare` in a child process. */
import { runError } from "../../core/errors.ts";
import { serveJob } from "../../node/pool.ts";
import { streamedDisk } from "../../node/streamed.ts";
import { unlisted } from "../../node/tree.ts";
import { recipeNamed } from "../../prepare/index.ts";
import { makeShard } from "../../prepare/shard.ts";
import { sourceOf } from "../../prepare/source.ts";
import { toolsFor } from "../../prepare/tools.ts";
import { begunIn } from "../../prepare/work.ts";
import { readersFor } from "../readers.ts";

/** Input of a child process; the plan is in the folder. */
export interface ShardsJob {
  readonly source: string;
  readonly out: string;
  readonly hash: string;
  readonly shards: readonly number[];
  readonly skipBroken: boolean;
}

/** Makes the shards of one job. */
export async function prepareShards(): Promise<void> {
  if (process.send === undefined) {
    throw runError("`dmil prepare-shards` belongs to `dmil prepare`; run that instead.");
  }
  await serveJob<ShardsJob, null, number>(async (job, onShard) => {
    await makeShards(job, onShard);
    return null;
  });
}

/** Makes shards one after another, in this process; ends before the next one when `signal` is aborted. */
export async function makeShards(
  job: ShardsJob,
  onShard: (shard: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const store = streamedDisk(job.out);
  const begun = await begunIn(store);
  if (begun?.hash !== job.hash) throw runError(`${job.out}: the begun preparation was changed while this one ran.`);
  const { plan, forms } = begun;
  const recipe = (await recipeNamed(plan.recipe)).open(plan.options);
  const source = sourceOf(unlisted(job.source));
  const tools = toolsFor(source, readersFor(source, job.source));
  for (const shard of job.shards) {
    if (signal?.aborted === true) return;
    await makeShard(store, plan, recipe, tools, shard, { forms, skipBroken: job.skipBroken });
    onShard(shard);
  }
}
