/**
 * @file Watches the folder of a run during training. If the folder is removed, or another run is started in it, the run stops, because
 * further writes would leave an incomplete run or mix two runs.
 */
import { type DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { type RunRecord, readRecord, runFiles } from "./record.ts";

/** A folder that checks earlier files before every write. */
export interface Watched extends Folder {
  /** @throws RunError if a written file is missing, or the folder no longer belongs to the run. */
  check(): Promise<void>;
  /** The error if the folder no longer belongs to the run and must not be written to. */
  lost(): Promise<DmilError | undefined>;
}

/** Watches a folder that holds the record of a run. */
export function watched(folder: Folder, { started, resumed }: Pick<RunRecord, "started" | "resumed">): Watched {
  const { label } = folder;
  const written = new Set<string>();

  const lost = async (): Promise<DmilError | undefined> => {
    if (!(await folder.exists(runFiles.record))) {
      return runError(
        `${label}: ${runFiles.record} is missing: the folder was removed or moved during training. Nothing more was written there. Start the run again if needed.`,
        { gone: runFiles.record },
      );
    }
    // An unreadable record still belongs to this run and is written again when the run ends.
    const now = await readRecord(folder).catch(() => undefined);
    if (now === undefined || (now.started === started && now.resumed === resumed)) return undefined;
    return runError(
      `${label}: another process has started a run in this folder, so this run stopped without changing it. Use a separate folder for each run (--out).`,
      { gone: runFiles.record },
    );
  };
  const check = async (): Promise<void> => {
    const error = await lost();
    if (error !== undefined) throw error;
    for (const name of written) {
      if (await folder.exists(name)) continue;
      throw runError(`${label}: ${name} was removed during training. Continue with: dmil resume ${label}`, {
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
