/** @file Calls the built command line as a shell would. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { vi } from "vitest";

// Every call starts a process, and the machine may be busy with others.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

export const MAIN = path.resolve(import.meta.dirname, "../../dist/cli/main.js");
if (!existsSync(MAIN)) throw new Error("the command line is not built; run `npm run build` first");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Arguments of Node that run the program; the built one if left out. */
  readonly program?: readonly string[];
  /** Sent when stderr holds this text. */
  readonly signal?: { readonly name: NodeJS.Signals; readonly at: string };
}

/** Runs `dmil ...args` to its end. */
export function dmil(
  args: readonly string[],
  { cwd, env = {}, signal, program = [MAIN] }: CallOptions,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { FORCE_COLOR: _, NO_COLOR: __, DMIL_DEBUG: ___, ...inherited } = process.env;
    const child = spawn(process.execPath, [...program, ...args], { cwd, env: { ...inherited, ...env } });
    let [stdout, stderr, sent] = ["", "", false];
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
      if (signal !== undefined && !sent && stderr.includes(signal.at)) {
        sent = true;
        child.kill(signal.name);
      }
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** An empty place to work in. */
export async function workplace(): Promise<string> {
  return fs.realpath(await fs.mkdtemp(path.join(tmpdir(), "dmil-cli-")));
}
