/** @file A folder has one owner at a time, whoever takes it at the same moment, dies, comes from elsewhere or takes it by force. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disk, LOCK } from "../../src/node/disk.ts";
import { lockFolder } from "../../src/node/lock.ts";
import { processHere } from "../../src/node/machine.ts";

const base = await fs.mkdtemp(path.join(tmpdir(), "dmil-lock-"));
afterAll(() => fs.rm(base, { recursive: true, force: true }));
let made = 0;
const fresh = (): string => path.join(base, `folder${made++}`);

/** A process that takes a folder when its stdin says so, tells what came of it, and holds it until stdin ends. */
const program = path.join(base, "taker.mjs");
beforeAll(async () => {
  // As JavaScript, so that twenty processes start quickly.
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    rewriteRelativeImportExtensions: true,
  };
  for (const part of ["core", "node"]) {
    await fs.mkdir(path.join(base, part));
    for (const name of await fs.readdir(path.join("src", part))) {
      const text = await fs.readFile(path.join("src", part, name), "utf8");
      const { outputText } = ts.transpileModule(text, { compilerOptions });
      await fs.writeFile(path.join(base, part, name.replace(/ts$/, "js")), outputText);
    }
  }
  await fs.writeFile(path.join(base, "package.json"), '{"type":"module"}');
  await fs.writeFile(
    program,
    `import { lockFolder } from "./node/lock.js";
    const say = (what, text = "") => process.stdout.write(JSON.stringify([what, text]) + "\\n");
    let release = () => {};
    process.stdin.on("end", () => { release(); process.exit(); });
    say("ready");
    process.stdin.once("data", async () => {
      try {
        release = await lockFolder(process.argv[2], {
          command: "dmil test",
          advice: "; or use --force",
          force: process.argv[3] === "--force",
          tell: (text) => say("note", text),
          onLost: (error) => { say("lost", error.message); process.exit(); },
        });
        say("owner");
      } catch (error) { say(error.code, error.message); }
    });`,
  );
});

interface Taker {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly said: [string, string][];
  /** What was said as the n-th thing. */
  next(what: RegExp): Promise<string>;
  go(): void;
  end(): Promise<void>;
}

async function taker(folder: string, ...flags: string[]): Promise<Taker> {
  const child = spawn(process.execPath, [program, folder, ...flags], { stdio: ["pipe", "pipe", "inherit"] });
  const said: [string, string][] = [];
  let rest = "";
  let wake = (): void => {};
  child.stdout.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop()!;
    said.push(...lines.map((line) => JSON.parse(line)));
    wake();
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const own: Taker = {
    child,
    pid: child.pid!,
    said,
    async next(what) {
      for (;;) {
        const found = said.find(([word]) => what.test(word));
        if (found !== undefined) return found[1];
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    go: () => void child.stdin.write("go\n"),
    end: () => {
      child.stdin.end();
      return exited;
    },
  };
  await own.next(/ready/);
  return own;
}

/** Twenty processes that are ready, started at one moment; exactly one may say that it is the owner. */
async function race(folder: string): Promise<{ owners: Taker[]; others: Taker[] }> {
  const takers: Taker[] = [];
  // A few at a time: starting is what costs.
  for (let i = 0; i < 5; i++) takers.push(...(await Promise.all([0, 1, 2, 3].map(() => taker(folder)))));
  for (const own of takers) own.go();
  await Promise.all(takers.map((own) => own.next(/owner|Error/)));
  const isOwner = ({ said }: Taker): boolean => said.some(([what]) => what === "owner");
  return { owners: takers.filter(isOwner), others: takers.filter((own) => !isOwner(own)) };
}

const listing = (folder: string) => fs.readdir(folder).then((names) => names.sort());
const quiet = { command: "dmil test", onLost: () => {} };
const refusal = (folder: string, options = {}) =>
  lockFolder(folder, { ...quiet, ...options }).then(
    () => expect.unreachable("it was not refused"),
    (error) => error,
  );

/** A lock as a process left it. */
async function left(folder: string, change: object, age = 0): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  const words = { token: "0123456789abcdef", since: "2026-01-02T03:04:05.678Z", command: "dmil old" };
  const file = path.join(folder, LOCK);
  await fs.writeFile(file, `${JSON.stringify({ ...(await processHere()), ...words, ...change })}\n`);
  const { mtimeMs } = await fs.stat(file);
  await fs.utimes(file, mtimeMs / 1000 - age, mtimeMs / 1000 - age);
}

test("of twenty processes that take a free folder one is its owner, and the others say who", async () => {
  const folder = fresh();
  const { owners, others } = await race(folder);
  expect(owners).toHaveLength(1);
  for (const { said } of others) {
    expect(said.at(-1)).toEqual([
      "RunError",
      expect.stringMatching(
        new RegExp(
          `^${folder}: process ${owners[0]!.pid} \\(\`dmil test\`, since 2\\d{3}-.* UTC\\) is at work here\\. Wait for it, or stop it \\(Ctrl-C there, or: kill ${owners[0]!.pid}\\); or use --force\\.$`,
        ),
      ),
    ]);
  }
  expect(await disk(folder).list()).toEqual([]);
  await Promise.all([...owners, ...others].map((own) => own.end()));
  expect(await listing(folder).catch(() => [])).toEqual([]);
});

test("of twenty that take over a dead owner's folder one gets it, also when a taker was killed on its way", async () => {
  const folder = fresh();
  const first = await taker(folder);
  first.go();
  await first.next(/owner/);
  await disk(folder).write("run.json", "{}");
  const { token } = JSON.parse(await fs.readFile(path.join(folder, LOCK), "utf8"));
  first.child.kill("SIGKILL");
  await first.end();
  // Claims of takers that died in between: one is whole; the claim on that one is damaged, and counts after a minute.
  const text = await fs.readFile(path.join(folder, LOCK), "utf8");
  await fs.writeFile(path.join(folder, `${LOCK}.${token}`), text.replace(token, "f".repeat(16)));
  const damaged = path.join(folder, `${LOCK}.${"f".repeat(16)}`);
  await fs.writeFile(damaged, text.replace(token, "f".repeat(16)));
  const old = Date.now() / 1000 - 61;
  await fs.utimes(damaged, old, old);
  const { owners, others } = await race(folder);
  expect(owners).toHaveLength(1);
  expect(owners[0]!.said).toEqual([
    ["ready", ""],
    ["note", expect.stringMatching(`^note: ${folder}: taken over from process ${first.pid} of the machine `)],
    ["owner", ""],
  ]);
  for (const { said } of others) expect(said.at(-1)![1]).toContain(`process ${owners[0]!.pid} (`);
  expect(await listing(folder)).toEqual([LOCK, "run.json"]);
  await Promise.all([...owners, ...others].map((own) => own.end()));
  expect(await listing(folder)).toEqual(["run.json"]);
});

test("a number that another process has now is no owner", async () => {
  const folder = fresh();
  await left(folder, { started: "1" });
  const notes: string[] = [];
  const release = await lockFolder(folder, { ...quiet, tell: (text) => void notes.push(text) });
  expect(notes).toEqual([expect.stringContaining("`dmil old`, since 2026-01-02 03:04:05 UTC")]);
  release();
  await left(folder, {});
  expect((await refusal(folder)).message).toContain(`process ${process.pid} (\`dmil old\``);
});

test.each([
  ["another machine", { host: "elsewhere", pid: 1 }],
  ["this machine before it was started again", { boot: "another" }],
  ["another container", { space: "pid:[1]" }],
])("%s is alive as long as its heartbeat is young", async (_, owner) => {
  const folder = fresh();
  await left(folder, owner, 40);
  expect(await refusal(folder)).toMatchObject({
    code: "RunError",
    message: expect.stringMatching(
      /of the machine .* is at work here; its last sign of life is 4\d s old, and after 60 s it counts as dead\. Wait for it/,
    ),
  });
  await left(folder, owner, 61);
  (await lockFolder(folder, quiet))();
  expect(await listing(folder)).toEqual([]);
});

test.each(["", "{", '{"token":"0123456789abcdef"}\n', '{"pid":-1}\n'])(
  "a lock that cannot be read (%j) holds for a minute",
  async (text) => {
    const folder = fresh();
    await disk(folder).write(LOCK, text);
    expect((await refusal(folder)).message).toMatch(
      /which one cannot be read in \.dmil-lock\. Try again in a minute\.$/,
    );
    const old = Date.now() / 1000 - 61;
    await fs.utimes(path.join(folder, LOCK), old, old);
    (await lockFolder(folder, quiet))();
    expect(await listing(folder)).toEqual([]);
  },
);

test.concurrent("an owner whose folder is taken by force, or is gone, sees it at its next heartbeat; patience waits", async () => {
  const [taken, gone] = [fresh(), fresh()];
  const [owner, widow] = await Promise.all([taker(taken), taker(gone)]);
  owner.go();
  widow.go();
  await Promise.all([owner.next(/owner/), widow.next(/owner/)]);
  await fs.rm(gone, { recursive: true });
  const strong = await taker(taken, "--force");
  strong.go();
  await strong.next(/owner/);
  // Not before the other has stopped, so that nothing is mixed.
  expect(owner.said.at(-1)![0]).toBe("lost");
  expect(await owner.next(/lost/)).toMatch(
    new RegExp(`^${taken}: process ${strong.pid} .* has taken this folder \\(--force\\); this process stops`),
  );
  expect(await widow.next(/lost/)).toBe(
    `${gone}: the folder was removed or emptied while this process was at work in it; it stops here.`,
  );
  await Promise.all([owner.end(), widow.end()]);
  expect((await refusal(taken)).fields).toMatchObject({ pid: strong.pid }); // the one that lost it left it alone
  const waiting = lockFolder(taken, { ...quiet, patience: 20_000 });
  await strong.end();
  (await waiting)();
});

test.concurrent("a heartbeat keeps the time of the lock young", async () => {
  const folder = fresh();
  const release = await lockFolder(folder, quiet);
  const file = path.join(folder, LOCK);
  await fs.utimes(file, 1, 1);
  await expect.poll(async () => (await fs.stat(file)).mtimeMs, { timeout: 15_000 }).toBeGreaterThan(1e12);
  release();
  release();
  expect(await listing(base)).not.toContain(path.basename(folder));
});

test("a place where nobody may write is told in plain words", async () => {
  const file = path.join(base, "a-file");
  await fs.writeFile(file, "x");
  expect(await refusal(file)).toMatchObject({
    code: "RunError",
    message: expect.stringMatching(/^.*a-file: cannot write into this folder: a part of its path is a file/),
  });
  if (process.platform === "linux") {
    expect(await refusal("/sys/dmil-test")).toMatchObject({
      code: "RunError",
      message: expect.stringMatching(/^\/sys\/dmil-test: cannot write into this folder: .*(permi|read-only)/),
    });
  }
});
