/** @file What became of one of many jobs: a job that fails does not stop the others. */

/** The result or the error message of a job. */
export type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: string };
