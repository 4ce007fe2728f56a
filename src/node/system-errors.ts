/** @file What the operating system's errors mean, and what to do about them. */
import { DmilError, runError } from "../core/errors.ts";

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
  EMFILE: "too many files are open in this process. Raise the limit (ulimit -n), or use fewer workers.",
  ENFILE: "too many files are open on this machine. Close other programs, or use fewer workers.",
  EAGAIN: "the system has no room for another process. Use fewer workers, or raise the limit (ulimit -u).",
  ENOMEM: "there is not enough memory. Use fewer workers, a smaller model or batch, or a machine with more.",
  ENAMETOOLONG: "its name is too long for the file system.",
};

/** An error that came from the operating system: it has a code and names the call that failed. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === "string" && typeof syscall === "string";
}

/** Why the system refused, as a sentence with what to do. */
export function systemReason(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ""] ?? `${error.message}.`;
}

/** An error of the system, of a file in a folder, in our words. */
export function explained(label: string, act: string, name: string, cause: unknown): DmilError {
  if (cause instanceof DmilError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
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
  const reason = systemReason(cause as NodeJS.ErrnoException);
  if (writes && Object.hasOwn(PLACE, code ?? "")) {
    return runError(`${label}: this place cannot be written to: ${reason}`, fields);
  }
  return runError(`${label}: cannot ${act} ${name}: ${reason}`, fields);
}
