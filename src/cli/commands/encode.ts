/** @file `dmil encode`: writes a data folder whose modalities are the features of frozen encoders. */
import { configError, DmilError, listing, runError } from "../../core/errors.ts";
import { formatShape } from "../../core/shape.ts";
import { type DataSplits, SPLITS } from "../../data/dataset.ts";
import { writeDataset } from "../../data/write.ts";
import { encoderIssues, encoderOf, encoderTypes } from "../../encoders/index.ts";
import { createEncoding, type Descriptions, type Frozen, frozenModels } from "../../features/frozen.ts";
import { disk, replaceFolder } from "../../node/disk.ts";
import { issuesError } from "../../runs/settings.ts";
import { type Answer, note } from "../answer.ts";
import { gatherSettings, locating, names, numberOrText, type SettingsInput } from "../config.ts";
import { encoderFlags } from "../encoder-flag.ts";
import { encodingLines } from "../encoding-lines.ts";
import { withFolderLock } from "../folder-lock.ts";
import { type CacheFlags, withFrozenFiles } from "../frozen.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { openData, printData } from "../open-data.ts";
import { type ReadingFlags, readingOptions } from "../reading.ts";
import { quoted } from "../text.ts";

export interface EncodeFlags extends ReadingFlags, CacheFlags {
  readonly encoder: readonly string[];
  readonly out: string;
  readonly threads?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** The file with the facts of the encoders, beside the data. */
const FACTS = "encode.json";

/** Encodes all splits of a data folder and writes them in the project's form. */
export async function encode(data: string, flags: EncodeFlags): Promise<Answer> {
  const input = await gatherSettings(undefined, encoderFlags(flags.encoder), []);
  const threads = threadsOf(flags.threads);
  return withFolderLock(flags.out, { instead: "give another --out" }, async () => {
    await requireFree(flags);
    const modalities = names(flags.modalities);
    const loaded = await openData(data, { ...readingOptions(flags), ...(modalities && { modalities }) });
    printData(loaded, flags.quiet === true);
    const { encoders, frozen } = await locating(input, () => readAll(input, loaded.splits, flags));
    const splits = await encoded(loaded.splits, encoders, frozen, { flags, threads, data });
    const models = frozenModels(encoders);
    const facts = Object.fromEntries(
      Object.entries(models).map(([name, model]) => [name, { file: encoders[name]!.file, ...model }]),
    );
    await replaceFolder(flags.out, async (folder) => {
      await folder.write(FACTS, `${JSON.stringify(facts, undefined, 2)}\n`);
      await writeDataset(folder, splits);
    });
    const samples = Object.fromEntries(SPLITS.map((split) => [split, splits[split].size]));
    const lines = Object.entries(models).map(
      ([name, { sample, features, output }]) =>
        `${name}: ${formatShape(sample)} to ${formatShape(features)}, output ${output} of ${encoders[name]!.file}`,
    );
    return {
      text: [
        `${flags.out}: ${Object.entries(samples)
          .map(([split, n]) => `${split} ${n}`)
          .join(", ")}`,
        ...lines,
        `next: dmil train ${quoted(flags.out)}`,
      ].join("\n"),
      json: { data, out: flags.out, samples, encoders: facts },
    };
  });
}

/** @throws RunError for a folder with other files. */
async function requireFree({ out, force }: EncodeFlags): Promise<void> {
  const files = force === true ? [] : await disk(out).list();
  if (files.length === 0) return;
  throw runError(
    `${out}: this folder is not empty (${listing(files, 3)}); give another --out, or --force to replace the data set in it.`,
    { folder: out },
  );
}

function threadsOf(text: string | undefined): number | undefined {
  const threads = numberOrText(text);
  if (threads === undefined || (typeof threads === "number" && Number.isInteger(threads) && threads > 0))
    return threads;
  throw configError(`--threads ${text}: a whole number from 1 is needed.`);
}

/** The descriptions of the encoders of all modalities that get one. @throws ConfigError if one is not frozen, or no modality gets one. */
async function readAll(
  { value }: SettingsInput,
  { train }: DataSplits,
  flags: EncodeFlags,
): Promise<{ readonly encoders: Descriptions; readonly frozen: Frozen }> {
  const known = Object.keys(train.modalities);
  const own = (value.encoders ?? {}) as Record<string, Record<string, unknown>>;
  const shared = value.encoder as Record<string, unknown> | undefined;
  const settings = shared === undefined ? own : { ...Object.fromEntries(known.map((name) => [name, shared])), ...own };
  const issues = Object.entries(settings).flatMap(([name, encoder]) => {
    const path = own[name] === undefined ? ["encoder"] : ["encoders", name];
    if (!known.includes(name))
      return [{ path, message: `the data has no modality "${name}"; it has ${listing(known)}` }];
    const wrong = encoderIssues(encoder);
    if (wrong.length > 0) return wrong.map((issue) => ({ path: [...path, ...issue.path], message: issue.message }));
    if (encoderTypes[String(encoder.kind)]!.frozen !== undefined) return [];
    const frozen = Object.keys(encoderTypes).filter((kind) => encoderTypes[kind]!.frozen !== undefined);
    const message = `the encoder ${encoder.kind} is trained with a method, so it has no features before; encoders with features: ${frozen.join(", ")}`;
    return [{ path: [...path, "kind"], message }];
  });
  if (issues.length > 0) throw issuesError(issues);
  const read = await withFrozenFiles({ encoders: settings }, train, flags);
  const encoders = Object.fromEntries(
    Object.entries(read.settings.encoders).map(([name, encoder]) => [
      name,
      encoderOf(encoder, train.modalities[name]!.shape.slice(1), name).description,
    ]),
  );
  return { encoders, frozen: read.frozen! };
}

interface Context {
  readonly flags: EncodeFlags;
  readonly threads: number | undefined;
  readonly data: string;
}

/** The splits with features. @throws RunError after an interrupt, with the way to continue. */
async function encoded(
  splits: DataSplits,
  encoders: Descriptions,
  frozen: Frozen,
  { flags, threads, data }: Context,
): Promise<DataSplits> {
  const interrupt = listenForInterrupt(note);
  const lineOf = encodingLines();
  const encoding = createEncoding(encoders, frozen, {
    threads,
    signal: interrupt.signal,
    onProgress(progress) {
      const line = flags.quiet === true ? undefined : lineOf(progress);
      if (line !== undefined) note(line);
    },
  });
  try {
    const [train, validation, test] = [
      await encoding.encode(splits.train),
      await encoding.encode(splits.validation),
      await encoding.encode(splits.test),
    ];
    return { train, validation, test };
  } catch (error) {
    if (error instanceof DmilError || !interrupt.signal.aborted) throw error;
    const again = frozen.cache === undefined ? "nothing was kept, because of --no-cache" : "the same command continues";
    throw runError(`interrupted while ${quoted(data)} was encoded; ${again}.`, { interrupted: true });
  } finally {
    await encoding.dispose();
    interrupt.release();
  }
}
