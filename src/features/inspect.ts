/** @file Reads an ONNX file for the samples of a modality: which output gives the features, how they are pooled, in which shape. */
import { configError, DmilError, hint, listing } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Tensor } from "../core/tensor.ts";
import type { FrozenModel } from "../encoders/encoder.ts";
import { outputsOfFile, parseOnnx, valuesOfFile } from "../graph/onnx/file.ts";
import type { Backend } from "../runtime/backend.ts";
import { poolingOf } from "./pool.ts";
import { openSession } from "./session.ts";

/** The user's choices. */
export interface Wanted {
  readonly output?: string | undefined;
  readonly pool?: FrozenModel["pool"] | undefined;
  readonly layout?: FrozenModel["layout"] | undefined;
}

/**
 * Reads a file and tries it on a sample or two at `rows`. @throws DataError if it is not an ONNX model or fails on them; ConfigError if it
 * has several outputs and none is chosen, lacks the chosen one, or reads samples of another shape.
 */
export async function inspect(
  bytes: Uint8Array,
  { output: wanted, pool, layout }: Wanted,
  samples: Tensor<"float32">,
  rows: readonly number[],
  backend: Backend,
  where: string,
): Promise<FrozenModel> {
  const output = chosenOutput(bytes, wanted, where);
  const sample = samples.shape.slice(1);
  const session = await openSession(bytes, { output, sample, ...(layout && { layout }) }, backend, 1, where);
  try {
    const { plan } = session;
    const calls = plan.batch > 0 ? [plan.batch] : [2, 1];
    let failure: unknown;
    for (const size of calls) {
      const call = Array.from({ length: size }, (_, i) => rows[i % rows.length]!);
      try {
        const { axes } = await session.output(samples, call);
        const pooling = poolingOf(axes, pool, `${where}: the output ${output}`);
        // A file may declare an open number of samples, and then compute only one.
        const batch = plan.batch > 0 ? plan.batch : size === 1 ? 1 : 0;
        return { sha256: await sha256(bytes), output, ...pooling, layout: plan.layout, sample, axes, batch };
      } catch (error) {
        if (!(error instanceof DmilError) || error.code !== "DataError") throw error;
        failure ??= error;
      }
    }
    throw failure;
  } finally {
    await session.dispose();
  }
}

function chosenOutput(bytes: Uint8Array, wanted: string | undefined, where: string): string {
  const model = parseOnnx(bytes, where);
  const outputs = outputsOfFile(model);
  if (wanted !== undefined) {
    const values = valuesOfFile(model);
    if (outputs.includes(wanted) || values.includes(wanted)) return wanted;
    const last = values.filter((name) => !outputs.includes(name)).slice(-12);
    throw configError(
      `${where}: there is no output or inner value "${wanted}"${hint(wanted, outputs)} The last inner values: ${listing(last)}.`,
      { output: wanted, outputs },
    );
  }
  if (outputs.length === 1) return outputs[0]!;
  throw configError(
    `${where} has ${outputs.length} outputs; choose one with output: ${listing(outputs)}. An inner value can be named too.`,
    { outputs },
  );
}
