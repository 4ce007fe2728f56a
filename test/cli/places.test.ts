/** @file Places that cannot be written to, full disks and limits of the system: one plain line, a code, and nothing harmed. */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dmil, MAIN, workplace } from "./support.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await workplace();
  const { code } = await dmil(["data", "generate", "--out", "clips", "--samples", "100", "--features", "4"], { cwd });
  expect(code).toBe(0);
  await fs.writeFile(path.join(cwd, "notes"), "precious");
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

/** The command through a shell, for redirections and limits. */
function shell(command: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("bash", ["-c", command.replaceAll("dmil ", `"${process.execPath}" "${MAIN}" `)], {
    cwd,
    encoding: "utf8",
  });
}

const OUTPUTS: readonly (readonly [kind: "folder" | "file", command: string])[] = [
  ["folder", "data generate --out"],
  ["folder", "demo --out"],
  ["folder", "train clips --out"],
  ["folder", "sweep clips --dry-run --out"],
  ["folder", "recover --quick --out"],
  ["file", "recover --quick --markdown"],
  ["file", "quantify clips --samples"],
  ["file", "quantify clips --out"],
  ["file", "explain clips --out"],
  ["file", "export clips --out"],
  ["file", "compare clips --out"],
  ["file", "compare clips --markdown"],
];
const INPUTS = [
  ["train"],
  ["train", "clips", "--config"],
  ["resume"],
  ["resume", "clips", "--data"],
  ["evaluate"],
  ["evaluate", "clips", "--data"],
  ["explain"],
  ["export", "--out", "x.onnx"],
  ["quantify"],
  ["sweep", "--out", "s", "clips"],
  ["compare"],
  ["data", "check"],
];

test("an empty path is refused by every command, as the shell variable that it mostly is", async () => {
  for (const [i, words] of [...OUTPUTS.map(([, command]) => command.split(" ")), ...INPUTS].entries()) {
    const { code, stderr } = await dmil([...words, i % 3 === 0 ? " " : ""], { cwd });
    expect(stderr, words.join(" ")).toMatch(
      /^ConfigError: (--[a-z]+|<[a-z]+>) is empty; .* variable, it may be unset\.\n$/,
    );
    expect(code).toBe(2);
  }
  expect((await fs.readdir(cwd)).sort()).toEqual(["clips", "notes"]);
});

test.skipIf(process.platform !== "linux")(
  "a file is no folder, a folder is no file, and the system's places keep no files",
  async () => {
    const system = ["notes/x.csv", "/proc/dmil/x.csv", "/sys/x.csv", "/dev/stdout"];
    for (const [i, [kind, command]] of OUTPUTS.entries()) {
      for (const place of [kind === "folder" ? "notes" : "clips", system[i % 4]!]) {
        const { code, stderr } = await dmil([...command.split(" "), place], { cwd });
        expect(stderr, `${command} ${place}`).toMatch(
          /^ConfigError: --[a-z]+ .*: (this is a fi|this is a fo|.* is a file, so there is no folder|.* is a system folder)/,
        );
        expect(code).toBe(2);
      }
    }
    expect(await fs.readFile(path.join(cwd, "notes"), "utf8")).toBe("precious");
  },
);

test("generated data goes into a folder with files only by --force, and then leaves the others alone", async () => {
  await fs.mkdir(path.join(cwd, "mine/train"), { recursive: true });
  await fs.writeFile(path.join(cwd, "mine/train/c.npy"), "precious");
  await fs.writeFile(path.join(cwd, "mine/notes"), "precious");
  const generate = ["data", "generate", "--out", "mine", "--samples", "20"];
  expect(await dmil(generate, { cwd })).toMatchObject({ code: 1, stderr: expect.stringMatching(/not empty.*--force/) });
  expect(await fs.readFile(path.join(cwd, "mine/train/c.npy"), "utf8")).toBe("precious");
  expect((await dmil([...generate, "--force"], { cwd })).code).toBe(0);
  expect(await fs.readFile(path.join(cwd, "mine/notes"), "utf8")).toBe("precious");
  expect((await fs.readdir(path.join(cwd, "mine"))).sort()).toEqual([
    "dataset.json",
    "notes",
    "test",
    "train",
    "valid",
  ]);
  expect((await dmil(["data", "check", "mine"], { cwd })).stdout).toMatch(/^mine {2}20 samples, 2 classes/);
});

test("data generation that fails does not block its own folder", async () => {
  // The second file of this size does not fit below the limit.
  const generate = "dmil data generate --out stopped --samples 20000 --features 40";
  const { status, stderr } = shell(`trap '' XFSZ; ulimit -f 1000; ${generate}`);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^RunError: stopped: cannot write train\/a\.npy: the file is larger/),
  ]);
  expect(shell(`${generate.replace("20000", "200")}`).status).toBe(0);
});

test.skipIf(process.platform !== "linux")("a full disk behind standard output or error is one line and code 1", () => {
  for (const command of ["dmil data check clips", "dmil data check clips --json", "dmil --help"]) {
    expect(shell(`${command} > /dev/full`)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^RunError: standard output cannot be written: no space is left.*\n$/),
    });
  }
  const silent = shell("dmil train clips --method joint --set epochs.whole=1 --out run 2> /dev/full");
  expect(silent).toMatchObject({ status: 1, stdout: expect.stringMatching(/^run {2}validation accuracy/) });
  expect(shell("dmil data check clips 2> /dev/full > /dev/full").status).toBe(1);
  expect(shell("set -o pipefail; dmil data check clips | head -1")).toMatchObject({ status: 0, stderr: "" });
});

test.skipIf(process.platform !== "linux")("a limit of the system is told as one, and never as a bug", () => {
  const limited = shell("ulimit -n 36; dmil data check clips");
  expect(limited.status).toBe(1);
  expect(limited.stderr).toMatch(/^RunError: .*too many files are open in this process\. Raise the limit/);
});

test("the second signal ends the process at once, whatever it is doing", async () => {
  // Loading the preloaded module makes every save wait for ever, as a disk that hangs does.
  await fs.writeFile(
    path.join(cwd, "hang.mjs"),
    `import fs from "node:fs/promises";
     import { syncBuiltinESMExports } from "node:module";
     let stuck = false;
     setInterval(() => {}, 1000);
     process.prependOnceListener("SIGTERM", () => { stuck = true; });
     const rename = fs.rename;
     fs.rename = (...args) => (stuck ? new Promise(() => {}) : rename(...args));
     syncBuiltinESMExports();`,
  );
  const flags = ["--method", "joint", "--set", "epochs.whole=100000", "--out", "stuck"];
  const child = spawn(process.execPath, ["--import", path.join(cwd, "hang.mjs"), MAIN, "train", "clips", ...flags], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", (...how) => resolve(how)));
  let said = "";
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
      if (/whole 3\//.test(said) && !child.killed) child.kill("SIGTERM");
      if (said.includes("interrupt again to stop immediately")) resolve();
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(child.exitCode).toBe(null);
  child.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
});
