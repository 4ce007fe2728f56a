/** @file Ctrl-C and termination: the first asks the run to save and stop, the second ends the process at once. */

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** Listens for SIGINT and SIGTERM; `tell` is called at the first. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  // Without a listener the system itself ends the process at the next signal, also while it is busy or hangs in a call.
  const release = (): void => {
    for (const name of names) process.removeListener(name, stop);
  };
  const stop = (): void => {
    release();
    controller.abort();
    tell("stopping: saving first; once more to quit at once");
  };
  for (const name of names) process.on(name, stop);
  return { signal: controller.signal, release };
}
