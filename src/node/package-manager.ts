/** @file Detects the package manager that installed this package, and gives its command to install onnxruntime-node again. */
import { existsSync } from "node:fs";
import * as path from "node:path";

/** Package managers by lock file; modern yarn also has a settings file. */
const LOCKS = [
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
  ["pnpm-lock.yaml", "pnpm"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  [".yarnrc.yml", "yarn"],
  ["yarn.lock", "yarn-classic"],
] as const;

export type PackageManager = (typeof LOCKS)[number][1];

/**
 * The install script of onnxruntime-node downloads GPU libraries. If that fails, the optional package is removed, although the registry
 * provides all that is needed; without scripts it stays. `--force` is for package managers that treat the removed package as installed.
 */
const COMMANDS: Readonly<Record<PackageManager, string>> = {
  npm: "npm install --ignore-scripts",
  pnpm: "pnpm install --force --ignore-scripts",
  bun: "bun install --ignore-scripts",
  yarn: "yarn install --mode=skip-build",
  "yarn-classic": "yarn install --force --ignore-scripts",
};

/** The command that installs again without scripts, for the project that contains `folder`, otherwise for the global package. */
export function installCommand(folder: string, agent: string | undefined = process.env.npm_config_user_agent): string {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    const lock = LOCKS.find(([file]) => existsSync(path.join(at, file)));
    if (lock !== undefined) return COMMANDS[lock[1]];
  }
  const [, name = "npm", version = ""] = /^(npm|pnpm|yarn|bun)\/(\d+)/.exec(agent ?? "") ?? [];
  if (name === "npm") return "npm install --global dmil --ignore-scripts";
  return COMMANDS[name === "yarn" && version === "1" ? "yarn-classic" : (name as PackageManager)];
}
