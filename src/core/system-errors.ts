/** @file Explanations of errors from outside this package: of the operating system, lack of memory, and unexpected ones. */
import { DmilError, runError } from "./errors.ts";

/** Codes that are about a place, whatever file was to be written there. */
const PLACE: Readonly<Record<string, string>> = {
  EACCES: "permission denied. Change its permissions, or choose another place.",
  EPERM: "the system does not permit it. Change its permissions, or choose another place.",
  EROFS: "the file system is read-only. Choose another place.",
};

const REASONS: Readonly<Record<string, string>> = {
  ...PLACE,
  ENOSPC: "no space is left on the device. Free some, then go on.",
  EDQUOT: "the disk quota is used up. Free some space, then go on.",
  EFBIG: "the file is larger than the system allows (see ulimit -f). Raise the limit, or choose another disk.",
  EIO: "the disk or its connection failed. Look at the system's log, or choose another disk.",
  EISDIR: "it is a folder, not a file.",
  ERR_FS_EISDIR: "it is a folder, not a file.",
  ENOTDIR: "a part of its path is a file, not a folder.",
  EEXIST: "a part of its path is a file, not a folder.",
  ELOOP: "its path is a circle of links. Give the place that the links should lead to.",
  EMFILE: "too many files are open in this process. Raise the limit, as with ulimit -n 4096.",
  ENFILE: "too many files are open on this machine. Close other programs, then go on.",
  EAGAIN: "the system has no room for another process. Use fewer workers, or raise the limit of processes (ulimit -u).",
  ENOMEM: "there is not enough memory. Use fewer workers, a smaller model or batch, or a machine with more memory.",
  ENAMETOOLONG: "its name is too long for the file system.",
};

/** An error of the operating system, as JavaScript programs get it. */
export interface SystemError extends Error {
  /** As in ENOSPC. */
  readonly code: string;
  /** The call that failed, as in open. */
  readonly syscall?: string;
  readonly path?: string;
}

/** An error that came from the operating system: it has the system's code, or a code and the call that failed. */
export function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as Partial<SystemError>;
  return typeof code === "string" && (typeof syscall === "string" || /^E[A-Z\d]+$/.test(code));
}

/** Why the system refused, as a sentence with what to do. */
export function systemReason({
  code,
  message,
}: {
  readonly code?: string | undefined;
  readonly message: string;
}): string {
  return REASONS[code ?? ""] ?? `${message}.`;
}

/** Converts anything that was thrown to a DmilError; an unexpected error becomes an InternalError that asks for a report. */
export function expected(thrown: unknown): DmilError {
  if (thrown instanceof DmilError) return thrown;
  if (isSystemError(thrown)) {
    const where = [thrown.syscall, thrown.path].filter((part) => part !== undefined).join(" ");
    const message = `${where === "" ? "" : `${where}: `}${systemReason(thrown)}`;
    return new DmilError("RunError", message, { system: thrown.code }, thrown);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/allocation failed|invalid (typed )?array length/i.test(message)) {
    const advice = "Use a smaller model or batch, fewer samples, or a machine with more memory.";
    return new DmilError("RunError", `there is not enough memory (${message}). ${advice}`, {}, thrown);
  }
  const report = "This is a bug in dmil, not in what you typed; please report it with the command.";
  return new DmilError("InternalError", `internal: ${message}. ${report}`, {}, thrown);
}

/** An error of the system, of a file in a folder, in our words. */
export function explained(label: string, act: string, name: string, cause: unknown): DmilError {
  if (cause instanceof DmilError) return cause;
  const { code, message } = cause as Partial<SystemError> & Error;
  const fields = { path: name, ...(code !== undefined && { system: code }) };
  const writes = act === "write" || act === "append to";
  if (code === "ENOENT" && writes) {
    return runError(
      `${label}: cannot ${act} ${name}: no folder can be made there, or a link in its path leads nowhere. Choose another place.`,
      fields,
    );
  }
  if (code === "ENOENT") return runError(`${label}: there is no file ${name}.`, fields);
  if (cause instanceof RangeError) return runError(`${label}: ${name} does not fit into memory (${message}).`, fields);
  const reason = systemReason(cause as SystemError);
  if (writes && Object.hasOwn(PLACE, code ?? "")) {
    return runError(`${label}: this place cannot be written to: ${reason}`, fields);
  }
  return runError(`${label}: cannot ${act} ${name}: ${reason}`, fields);
}
