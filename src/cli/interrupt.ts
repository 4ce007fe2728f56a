/** @file SIGINT and SIGTERM: the first signal asks the run to save and stop, the second ends the process immediately. */

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** Listens for SIGINT and SIGTERM; `tell` is called at the first signal. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  // Without a listener, the next signal ends the process immediately, even if it is busy or blocked in a call.
  const release = (): void => {
    for (const name of names) process.removeListener(name, stop);
  };
  const stop = (): void => {
    release();
    controller.abort();
    tell("saving, then stopping; interrupt again to stop immediately without saving");
  };
  for (const name of names) process.on(name, stop);
  return { signal: controller.signal, release };
}
