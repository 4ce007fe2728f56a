/**
 * @file Sound and frames of any file through the system's ffmpeg.
 *
 * It is started with a list of arguments, without a shell, input or network, under a time limit and a limit of what it may answer.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type DmilError, dataError, runError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { systemReason } from "../core/system-errors.ts";
import { requireReal } from "./real-file.ts";

/** What is known of the ffmpeg of this machine. */
export interface Ffmpeg {
  /** As it calls itself: "5.1.8-0+deb12u1". */
  readonly version: string;
  /** Whether it resamples by soxr, as librosa does. */
  readonly soxr: boolean;
}

/** Options of every call. */
export interface FfmpegOptions {
  /** Seconds after which ffmpeg is stopped; 120 by default. */
  readonly seconds?: number;
  /** Is told what ffmpeg said about a file that it could read nevertheless. */
  readonly onWarning?: (message: string) => void;
}

/** Answers above this are refused: a Buffer of Node ends soon after. */
const MOST_BYTES = 2 ** 31 - 1;
const SECONDS = 120;
/** Characters of what ffmpeg says that are kept. */
const TAIL = 2000;
const INSTALL = "Install ffmpeg (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg) and see dmil doctor.";

/** The ffmpeg of this machine, or undefined where there is none. @throws RunError when it does not start. */
export async function findFfmpeg(): Promise<Ffmpeg | undefined> {
  const { output, code } = await run("ffmpeg", ["-version"], SECONDS).catch((error: DmilError) => {
    if (error.fields.system !== "ENOENT") throw error;
    return { output: Buffer.alloc(0), code: 1 };
  });
  const text = output.toString("utf8");
  const version = /^ffmpeg version (\S+)/.exec(text)?.[1];
  return code !== 0 || version === undefined ? undefined : { version, soxr: text.includes("--enable-libsoxr") };
}

/** The ffmpeg of this machine, looked for once. @throws RunError that says how to install it where there is none. */
export async function requireFfmpeg(where: string): Promise<Ffmpeg> {
  here ??= await findFfmpeg();
  if (here !== undefined) return here;
  throw runError(`${where}: ffmpeg is needed to read it, but there is none. ${INSTALL}`, { where });
}

let here: Ffmpeg | undefined;

/**
 * What ffmpeg writes to its output for one file.
 * @throws DataError when it cannot read the file, RunError when it does not start, takes too long or answers too much.
 */
export async function ffmpegOutput(
  file: string,
  output: readonly string[],
  options: FfmpegOptions = {},
): Promise<Buffer> {
  await requireReal(file);
  const { seconds = SECONDS, onWarning } = options;
  // "file:" keeps names that begin with "-", or contain ":", from being read as an option or a protocol.
  const input = ["-protocol_whitelist", "file,pipe", "-i", `file:${file}`];
  const quiet = ["-nostdin", "-hide_banner", "-loglevel", "error"];
  const { output: bytes, said, code } = await run("ffmpeg", [...quiet, ...input, ...output, "pipe:1"], seconds, file);
  const reason = printable(said.trim().split("\n").at(-1) ?? "").replace(/^\[[^\]]*\] /, "");
  if (code !== 0) {
    if (/matches no streams/.test(said))
      throw dataError(`${file}: it has no ${output.includes("0:a:0") ? "sound" : "picture"}. Leave it out.`, { file });
    throw dataError(`${file}: ffmpeg cannot read it: ${reason}. Copy or download it again, or leave it out.`, { file });
  }
  if (said.trim() !== "") onWarning?.(`${file}: ffmpeg read it, but said: ${reason}`);
  return bytes;
}

/** A value of the first stream of a kind, as ffprobe prints it. @throws DataError when it has none, and as `ffmpegOutput`. */
export async function probe(
  file: string,
  stream: "a:0" | "v:0",
  entries: readonly string[],
): Promise<Record<string, string>> {
  await requireReal(file);
  const what = [
    "-select_streams",
    stream,
    "-show_entries",
    `stream=${entries.join(",")}`,
    "-of",
    "default=noprint_wrappers=1",
  ];
  const limits = ["-loglevel", "error", "-protocol_whitelist", "file,pipe"];
  const { output, said, code } = await run("ffprobe", [...limits, ...what, `file:${file}`], SECONDS, file);
  if (code !== 0) {
    const reason = printable(said.trim().split("\n").at(-1) ?? "").replace(/^file:.*?: /, "");
    throw dataError(`${file}: ffprobe cannot read it: ${reason}. Copy or download it again, or leave it out.`, {
      file,
    });
  }
  const lines = output.toString("utf8").split(/\r?\n/);
  const values = Object.fromEntries(lines.filter((line) => line.includes("=")).map((line) => line.split("=", 2)));
  if (entries.some((entry) => values[entry] === undefined)) {
    throw dataError(`${file}: it has no ${stream === "v:0" ? "picture" : "sound"}. Leave it out.`, { file });
  }
  return values;
}

interface Ended {
  readonly output: Buffer;
  /** The end of what was written to standard error. */
  readonly said: string;
  readonly code: number;
}

/** Runs a program to its end. */
function run(program: string, args: readonly string[], seconds: number, where = program): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let child: ChildProcessByStdio<null, Readable, Readable>;
    const failed = (error: NodeJS.ErrnoException): void => {
      const reason = error.code === "ENOENT" ? `there is no ${program}. ${INSTALL}` : systemReason(error);
      reject(runError(`${where}: ${program} could not be started: ${reason}`, { program, system: error.code }));
    };
    try {
      child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      failed(error as NodeJS.ErrnoException); // as for a name with a zero byte
      return;
    }
    const parts: Buffer[] = [];
    let length = 0;
    let said = "";
    const end = (message: string): void => {
      child.kill("SIGKILL");
      reject(runError(`${where}: ${message}`, { program }));
    };
    const timer = setTimeout(
      () => end(`${program} was stopped after ${seconds} s. Leave the file out, or allow more time.`),
      seconds * 1000,
    );
    child.stdout.on("data", (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length > MOST_BYTES) end(`${program} gave more than ${MOST_BYTES} bytes. Take a part of the file.`);
    });
    child.stderr.on("data", (part: Buffer) => {
      said = (said + part.toString("utf8")).slice(-TAIL);
    });
    child.on("error", failed);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ output: Buffer.concat(parts), said, code: code ?? 1 });
    });
  });
}
