/**
 * @file A run's folder while it trains. Whoever removes it, or starts another run in its place, wants this one to stop: writing on would
 * make half a run anew, or mix two.
 */
import { type DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { type RunRecord, readRecord, runFiles } from "./record.ts";

/** A folder whose writes come after a look at what was written before. */
export interface Watched extends Folder {
  /** @throws RunError when a file that was written is gone, or the folder is no longer the run's. */
  check(): Promise<void>;
  /** The error to tell when the folder is no longer the run's, and must be left alone. */
  lost(): Promise<DmilError | undefined>;
}

/** Watches over a folder in which the record of a run lies. */
export function watched(folder: Folder, { started, resumed }: Pick<RunRecord, "started" | "resumed">): Watched {
  const { label } = folder;
  const written = new Set<string>();

  const lost = async (): Promise<DmilError | undefined> => {
    if (!(await folder.exists(runFiles.record))) {
      return runError(
        `${label}: ${runFiles.record} is gone: the folder was removed or moved while the run trained. Nothing more was written there; start the run again if it is wanted.`,
        { gone: runFiles.record },
      );
    }
    // A record that cannot be read is still in the run's own folder, and is written anew when the run ends.
    const now = await readRecord(folder).catch(() => undefined);
    if (now === undefined || (now.started === started && now.resumed === resumed)) return undefined;
    return runError(
      `${label}: another process has begun a run in this folder, so this one stopped and left it alone. Use a folder for each (--out).`,
      { gone: runFiles.record },
    );
  };
  const check = async (): Promise<void> => {
    const error = await lost();
    if (error !== undefined) throw error;
    for (const name of written) {
      if (await folder.exists(name)) continue;
      throw runError(`${label}: ${name} was removed while the run trained. Go on with: dmil resume ${label}`, {
        gone: name,
      });
    }
  };

  return {
    ...folder,
    check,
    lost,
    async write(name, content) {
      await check();
      await folder.write(name, content);
      written.add(name);
    },
    async append(name, text) {
      await check();
      await folder.append(name, text);
      written.add(name);
    },
  };
}
