/** @file The features of frozen encoders, computed before training starts. */
import type { Dataset } from "../data/dataset.ts";
import { createEncoding } from "../features/frozen.ts";
import type { Method } from "../methods/method.ts";
import { interrupted } from "./interrupt.ts";
import type { FitOptions } from "./plan.ts";

/** Data with features in the place of the samples of frozen encoders. @throws AbortError when it is interrupted; the cache keeps what is done. */
export async function encoded(
  { description }: Method,
  { train, validation }: { readonly train: Dataset; readonly validation: Dataset },
  { frozen, backend, threads, signal, onEvent }: FitOptions,
): Promise<{ readonly train: Dataset; readonly validation: Dataset }> {
  const encoding = createEncoding(description.encoders, frozen, {
    backend,
    threads,
    signal,
    onProgress: (progress) => onEvent?.({ kind: "encoding", ...progress }),
  });
  try {
    return { train: await encoding.encode(train), validation: await encoding.encode(validation) };
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw interrupted("interrupted while the features of frozen encoders were computed; nothing was trained.");
  } finally {
    await encoding.dispose();
  }
}
