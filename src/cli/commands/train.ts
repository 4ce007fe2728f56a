/** @file `dmil train`: trains a method with settings on data and writes a run folder. */
import * as path from "node:path";
import { stringify } from "yaml";
import { configError, listing, runError } from "../../core/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import { readingOf } from "../../data/reading.ts";
import { removeAsides } from "../../node/asides.ts";
import { disk, isDirectory } from "../../node/disk.ts";
import { hashSplits } from "../../runs/identity.ts";
import { planRun } from "../../runs/plan.ts";
import { runFiles } from "../../runs/record.ts";
import { type RunOptions, removeRun, requireNoRun, startRun } from "../../runs/run.ts";
import { parseSettings, type Settings } from "../../runs/settings.ts";
import { openTeacher } from "../../runs/teacher.ts";
import { readWeightFiles, weightsThrough } from "../../runs/weights.ts";
import type { Answer } from "../answer.ts";
import { byModality, gatherSettings, locating, numberOrText, type SettingsInput } from "../config.ts";
import { encoderFlags } from "../encoder-flag.ts";
import { withFolderLock } from "../folder-lock.ts";
import { openData, printData } from "../open-data.ts";
import { type ReadingFlags, readingFlags } from "../reading.ts";
import { finishedAnswer, runAtTerminal } from "../running.ts";

export interface TrainFlags extends ReadingFlags {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly method?: string;
  readonly seed?: string;
  readonly epochs?: string;
  readonly batchSize?: string;
  readonly learningRate?: string;
  readonly modalityDropout?: string;
  readonly labelSmoothing?: string;
  readonly encoder?: readonly string[];
  readonly normalize?: readonly string[];
  readonly members?: string;
  readonly teacher?: string;
  readonly teacherWeight?: string;
  readonly threads?: string;
  readonly backend?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

/** Trains; with --dry-run only prints the settings. */
export async function train(data: string | undefined, flags: TrainFlags): Promise<Answer> {
  const input = await settingsOf(data, flags);
  const settings = await locating(input, () => parseSettings(input.value));
  const out = flags.out ?? defaultOut(settings);
  const prepared = async () => {
    const loaded = await openData(settings.data, readingOf(settings));
    const { train } = loaded.splits;
    const plan = await locating(input, async () => {
      const used = settings.modalities ?? Object.keys(train.modalities);
      return planRun(settings, train, await readWeightFiles(settings, used, weightsThrough(disk)));
    });
    return { loaded, plan, teacher: await teacherOf(settings, out, loaded.splits.train) };
  };
  if (flags.dryRun === true) {
    const { config } = (await prepared()).plan;
    return { text: stringify(config), json: { out, config } };
  }
  return withFolderLock(out, { force: flags.force, instead: "give another --out" }, async () => {
    await checkFolder(out, flags.force === true);
    const { loaded, plan, teacher } = await prepared();
    const { splits } = loaded;
    const folder = disk(out);
    if (await folder.exists(runFiles.record)) {
      await removeRun(folder);
      await removeAsides(out);
    }
    printData(loaded, flags.quiet === true);
    const testHashes = await hashSplits({ test: splits.test }, plan.config.modalities);
    const run = await runAtTerminal(out, flags.quiet === true, (options) =>
      startRun(folder, plan, splits, { ...options, ...teacher, testHashes, dataPath: path.resolve(settings.data) }),
    );
    return finishedAnswer(out, run);
  });
}

/** Opens the teacher that the settings name. @throws ConfigError if the run would replace it. */
async function teacherOf({ teacher }: Settings, out: string, train: Dataset): Promise<Pick<RunOptions, "teacher">> {
  if (teacher === undefined) return {};
  if (path.resolve(teacher.run) === path.resolve(out)) {
    throw configError(`the teacher ${teacher.run} is also the folder of the new run; give another --out.`);
  }
  return { teacher: await openTeacher(disk(teacher.run), train) };
}

async function settingsOf(data: string | undefined, flags: TrainFlags): Promise<SettingsInput> {
  const input = await gatherSettings(
    flags.config,
    [
      { label: "DIR", path: ["data"], value: data },
      { label: "--method", path: ["method"], value: flags.method },
      ...readingFlags(flags),
      { label: "--seed", path: ["seed"], value: numberOrText(flags.seed) },
      { label: "--epochs", path: ["epochs"], value: numberOrText(flags.epochs) },
      { label: "--batch-size", path: ["batchSize"], value: numberOrText(flags.batchSize) },
      { label: "--learning-rate", path: ["learningRate"], value: numberOrText(flags.learningRate) },
      { label: "--modality-dropout", path: ["modalityDropout"], value: numberOrText(flags.modalityDropout) },
      { label: "--members", path: ["members"], value: numberOrText(flags.members) },
      { label: "--label-smoothing", path: ["labelSmoothing"], value: numberOrText(flags.labelSmoothing) },
      ...encoderFlags(flags.encoder),
      ...byModality("--normalize", "none", flags.normalize, (name) =>
        name === undefined ? ["normalize"] : ["normalize", name],
      ),
      { label: "--teacher", path: ["teacher", "run"], value: flags.teacher },
      { label: "--teacher-weight", path: ["teacher", "weight"], value: numberOrText(flags.teacherWeight) },
      { label: "--threads", path: ["threads"], value: numberOrText(flags.threads) },
      { label: "--backend", path: ["backend"], value: flags.backend },
    ],
    flags.set ?? [],
  );
  if (input.value.data !== undefined) return input;
  throw configError("no data folder is given: use `dmil train DIR`, or `data: DIR` in the --config file.");
}

/** Checks that a new run may use a folder: it must be empty, or hold a run that may be replaced. */
async function checkFolder(out: string, force: boolean): Promise<void> {
  const folder = disk(out);
  if (await folder.exists(runFiles.record)) {
    if (!force) await requireNoRun(folder);
    return;
  }
  const files = (await isDirectory(out)) ? await folder.list() : [];
  if (files.length > 0) {
    const listed = listing(files, 3);
    throw runError(`${out}: this folder contains other files (${listed}) and no run; give another --out.`, {
      folder: out,
    });
  }
}

/** runs/<data set>-<method>-<seed> */
function defaultOut({ data, method, seed }: Settings): string {
  return path.join("runs", `${path.basename(path.resolve(data))}-${method}-${seed}`);
}
