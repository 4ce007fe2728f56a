/** @file Everything a user can type or write wrongly, as it is answered: message and exit code in one text, never a stack trace. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { methodNames } from "../../src/methods/index.ts";
import { dmil, workplace } from "./support.ts";

let cwd = "";
const METHODS = methodNames.join(", ");

/** Files that are wrong, by name. */
const CONFIGS: Readonly<Record<string, string>> = {
  "typo.yaml": "data: clips\nmethod: joint\nencoder:\n  hidden: [64, x]\n  dropot: 0.1\nseed: -1\n",
  "stage.yaml": "data: clips\nmethod: dmil-published\nepochs:\n  intra: 2\n  hole: 3\n",
  "indent.yaml": "data: clips\n  seed: 3: 4\n",
  "twice.yaml": "data: clips\nseed: 1\nseed: 2\n",
  "alias.yaml": "data: clips\nseed: *other\n",
  "circle.yaml": "data: clips\nencoder: &e {hidden: *e}\n",
  "key.yaml": "data: clips\n? [a, b]\n: 1\n",
  "list.yaml": "- data: clips\n",
  "empty.yaml": "",
  "method.yaml": "data: clips\n\nmethod: dmill # the paper's\n",
  "experiment.yaml":
    "data:\n  - path: clips\n    modality: [a]\n  - generate: {samples: 100}\nmethods: [joint, dmill]\nsplit: share\nseeds: 0-1\n",
  "seeds.yaml": "data:\n  - path: clips\nseeds: all\n",
  "generated.yaml": "data:\n  - name: made\n    generate: {kind: quad, samples: 100, feature: 3}\nmethods: [joint]\n",
  "settings.yaml":
    "data:\n  - path: clips\n    settings:\n      batchSize: 1\nmethods: [joint]\nset:\n  encoder: {hidden: wide}\n",
  "bomb.yaml": `a: &a [1,1,1,1,1,1,1,1,1,1]\n${"bcdefgh".replace(/./g, (c, i) => `${c}: &${c} [${Array(10).fill(`*${"abcdefgh"[i]}`).join(",")}]\n`)}`,
};

/** Tables of predictions that are wrong, by name. */
const HEAD = "p_a_x,p_a_y,p_b_x,p_b_y,p_both_x,p_both_y,label";
const PREDICTIONS: Readonly<Record<string, string>> = {
  "p-good.csv": `${HEAD}\n${"0.5,0.5,0.2,0.8,0.1,0.9,y\n0.4,0.6,0.7,0.3,0.6,0.4,x\n".repeat(10)}`,
  "p-none.csv": "id,label\n1,x\n",
  "p-one.csv": "p_a_x,p_a_y,p_both_x,p_both_y\n0.5,0.5,0.5,0.5\n",
  "p-joint.csv": "p_a_x,p_a_y,p_b_x,p_b_y\n0.5,0.5,0.5,0.5\n",
  "p-class.csv": "p_a_x,p_a_y,p_b_x,p_both_x,p_both_y\n0.5,0.5,0.5,0.5,0.5\n",
  "p-sum.csv": `${HEAD}\n0.5,0.6,0.5,0.5,0.5,0.5,x\n`,
  "p-negative.csv": `${HEAD}\n0.5,0.5,-1.5,2.5,0.5,0.5,x\n`,
  "p-nan.csv": `${HEAD}\n0.5,0.5,nan,0.5,0.5,0.5,x\n`,
  "p-label.csv": `${HEAD}\n0.5,0.5,0.5,0.5,0.5,0.5,z\n`,
  "p-few.csv": `${HEAD}\n0.5,0.5,0.5,0.5,0.5,0.5,x\n`,
  "junk.onnx": "no model",
  "junk.parquet": "no table",
};

beforeAll(async () => {
  cwd = await workplace();
  await dmil(["data", "generate", "--out", "clips", "--samples", "100", "--features", "4"], { cwd });
  await dmil(["train", "clips", "--method", "joint", "--set", "epochs.whole=1", "-q"], { cwd });
  await dmil(["export", "runs/clips-joint-0", "--out", "joint.onnx", "--no-card"], { cwd });
  for (const [name, text] of Object.entries(CONFIGS)) await fs.writeFile(path.join(cwd, name), text);
  await fs.mkdir(path.join(cwd, "empty"));
  await fs.mkdir(path.join(cwd, "wine"));
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${i % 5},${i % 2}`);
  await fs.writeFile(path.join(cwd, "wine/wine.csv"), [",acid,ash,target", ...rows].join("\n"));
  await fs.mkdir(path.join(cwd, "notes"));
  await fs.writeFile(path.join(cwd, "notes/todo.txt"), "buy milk");
  await fs.writeFile(path.join(cwd, "mine.md"), "# Buy milk");
  for (const [name, text] of Object.entries(PREDICTIONS)) await fs.writeFile(path.join(cwd, name), text);
  await fs.writeFile(path.join(cwd, "cov.csv"), ",a,b,y\na,1,0.2,0.5\nb,0.2,1,0.4\ny,0.5,0.4,1\n");
  await fs.writeFile(path.join(cwd, "copy.csv"), "a,b,y\n1,0,1\n0,1,0\n1,0,1\n");
  await fs.writeFile(path.join(cwd, "odd.csv"), "a,b,y\n1,0.9,0.9\n0.9,1,-0.9\n0.9,-0.9,1\n");
  await fs.writeFile(path.join(cwd, "gap.csv"), ",a,b,y\na,1,,0.5\nb,0.2,1,0.4\ny,0.5,0.4,1\n");
  const variant = async (name: string, change: (folder: string) => Promise<unknown>): Promise<void> => {
    await fs.cp(path.join(cwd, "clips"), path.join(cwd, name), { recursive: true });
    await change(path.join(cwd, name));
  };
  await variant("no-test", (folder) => fs.rm(path.join(folder, "test"), { recursive: true }));
  await variant("cut", (folder) => fs.truncate(path.join(folder, "train/a.npy"), 300));
  await variant("linked", async (folder) => {
    await fs.rm(path.join(folder, "train/a.npy"));
    await fs.symlink("/nowhere/a.npy", path.join(folder, "train/a.npy"));
  });
  await variant("json", (folder) => fs.writeFile(path.join(folder, "dataset.json"), '{"clases": ["0", "1"]}'));
  await variant("one", (folder) => fs.writeFile(path.join(folder, "dataset.json"), '{"modalities": ["a"]}'));
  await variant("wide", async (folder) => {
    await fs.rm(folder, { recursive: true });
    await dmil(["data", "generate", "--out", "wide", "--samples", "100", "--features", "5"], { cwd });
  });
  await variant("named", async (folder) => {
    const manifest = JSON.parse(await fs.readFile(path.join(folder, "dataset.json"), "utf8"));
    await fs.writeFile(path.join(folder, "dataset.json"), JSON.stringify({ ...manifest, classes: ["no", "yes"] }));
  });
  await fs.cp(path.join(cwd, "runs/clips-joint-0"), path.join(cwd, "damaged"), { recursive: true });
  await fs.truncate(path.join(cwd, "damaged/model.safetensors"), 1000);
  await fs.cp(path.join(cwd, "runs/clips-joint-0"), path.join(cwd, "odd"), { recursive: true });
  await fs.writeFile(path.join(cwd, "odd/run.json"), "{}");
});
afterAll(() => fs.rm(cwd, { recursive: true, force: true }));

const COMMANDS = `
  trian clips
  data
  data chek clips
  data check
  data check clip
  data check clips/dataset.json
  data check empty
  data check notes
  data check no-test
  data check cut
  data check linked
  data check wine
  data check wine --label target
  data check wine --label tarjet --split-seed 0
  data check wine --label target --split-seed x
  data check wine --label target --split-shares 0.5,0.5
  data check wine --label target --split-seed 0 --leave-out ashes
  data check clips --split-seed 0
  data check json
  data check clips --modalities a,c
  data check clips --modalities ,
  data generate
  data generate --out clips
  data generate --out new --kind xor
  data generate --out new --kind scenes --classes 3
  data generate --out new --kind scenes --samples 3
  data generate --out new --kind scenes --shares color=1
  data generate --out new --kind scenes --shares colour=0.2
  data generate --out new --kind quad --features 2
  data generate --out new --kind plane --noise 0
  data generate --out new --kind digits
  data generate clips --out new
  data generate clips --out new --kind digits
  data generate nothing --out new --kind digits
  data generate clips --out new --kind digits --classes 4
  data generate clips --out new --kind digits --modalities audio,face
  recover --cases digits --out new
  data generate --out new --classes two --noise -1 --synergy most
  data generate --out new --seed 9007199254740993
  data generate --out new --samples 3
  data generate --out new --samples train=10
  data generate --out new --shares redundant=0.5,unique=0.5,synergistic=0.5
  data generate --out new --shares redundant:0.5
  data generate --out new --shares redundant=1,unique_a=0,unique_c=0,synergistic=0
  data generate --out new --modalities a
  data generate --out new --modalities a,
  train
  train clips spare
  train clips --method joint
  train clips --out notes
  train clips --out clips
  train clips --teacher none --out r
  train clips --teacher runs/clips-joint-0 --teacher-weight -1 --out r
  train clips --teacher-weight 2 --out r
  train clips --teacher runs/clips-joint-0 --method joint --force
  train wide --teacher runs/clips-joint-0 --out r
  train clips --teacher runs/clips-joint-0 --set teacher.of=[logits] --out r
  train clips --teacher runs/clips-joint-0 --set teacher.of=[components] --out new/r
  train clip --method joint --out r
  train notes --out r
  train one --out r
  train wine --label target --out r
  train wine --label target --split-seed -1 --out r
  train wine --label target --split-seed 0 --group acid --out notes
  train clips --sed 1
  train clips --epochs few --out r
  train clips --epochs 3 --set epochs.whole=4 --out r
  train clips --lr 0.1
  train clips --seed
  train clips --seed one --batch-size 1 --threads none --backend gpu --learning-rate -1 --out r
  train clips --seed 9007199254740993 --out r
  train clips --label-smoothing 1 --out r
  train clips --members 0 --out r
  train clips --members 65 --out r
  train clips --method dmill --out r
  train clips --modalities a,c --out r
  train clips --modalities a --out r
  train clips --modalities a,a --out r
  train clips --set epochs.hole=3 --out r
  train clips --set epoch.whole=3 --out r
  train clips --set epochs.whole --out r
  train clips --set epochs..whole=1 --out r
  train clips --set seed={ --out r
  train clips --set encoder.hidden.0=3 --out r
  train clips --encoder audio=cnn --out r
  train clips --encoder a=pool --out r
  train clips --encoder sound=mlp --out r
  train clips --encoder =mlp --out r
  train clips --normalize standrad --out r
  train clips --normalize c=none --out r
  train clips --set epochs=3 --set epochs.whole=3 --out r
  train clips --set optimiser={name:adam} --out r
  train clips --set epochs={evidence: 0, synergy: 0} --out r
  train clips --config none.yaml
  train clips --config clips
  train --config typo.yaml --batch-size 0
  train --config stage.yaml --out r
  train --config indent.yaml
  train --config twice.yaml
  train --config alias.yaml
  train --config circle.yaml
  train --config key.yaml
  train --config list.yaml
  train --config empty.yaml
  train --config method.yaml
  train --config bomb.yaml
  resume
  resume nothing
  resume clips-joint-0
  resume odd
  evaluate clips-joint-0
  evaluate runs/clips-joint-0 --split tset
  evaluate runs/clips-joint-0 --data wide
  evaluate runs/clips-joint-0 --data named
  evaluate runs/clips-joint-0 --data nowhere
  evaluate damaged
  predict
  predict runs/clips-joint-0
  predict runs/clips-joint-0 nowhere
  predict runs/clips-joint-0 wide
  predict runs/clips-joint-0 notes
  predict runs/clips-joint-0 wine
  predict runs/clips-joint-0 clips --split tset
  predict runs/clips-joint-0 clips --out samples.xlsx
  predict clips clips
  explain runs/clips-joint-0 --out samples.xlsx
  explain runs/clips-joint-0 --out clips/dataset.json/samples.csv
  export runs/clips-joint-0
  export runs/clips-joint-0 --out model.pt
  export runs/clips-joint-0 --out mine.onnx
  pid
  pid cov.csv --first a
  pid none.csv --first a --second b --target y
  pid wine/wine.csv --first acid --second ash --target target
  pid cov.csv --first a --second c --target y
  pid cov.csv --first a --second b,a --target y
  pid cov.csv --first a, --second b --target y
  pid copy.csv --first a --second b --target y
  pid odd.csv --first a --second b --target y
  pid gap.csv --first a --second b --target y
  sweep
  sweep clips
  sweep --out s
  sweep clip --methods joint --out s
  sweep clips clips --methods joint --out s
  sweep clips --methods dmill --out s
  sweep clips --methods joint, --out s
  sweep clips --methods unimodal-c --out s
  sweep clips --seeds 4-1 --out s
  sweep clips --seeds one --out s
  sweep clips --seeds 0-1000000000 --out s
  sweep clips --seeds 0,9007199254740993 --out s
  sweep clips --seeds 0-999999 --methods joint,ensemble --out s
  sweep clips --workers 0 --out s
  sweep clips --epochs 3 --out s
  sweep clips --modalities a --out s
  sweep clips --modalities a,c --out s
  sweep wine --label target --out s
  sweep --split-seed 0 --config experiment.yaml --out s
  sweep clips --folds 1 --out s
  sweep clips --folds 3 --split-by share --out s
  sweep clips --split-by group --methods joint --out s
  sweep clips --classes-out 2 --methods joint --out s
  sweep clips --train-shares 0,half --out s
  sweep clips --tune 99 --methods joint --out s
  sweep clips --set epochs.hole=3 --methods joint --out s
  sweep clips --set encoder.dropot=0 --methods joint --out s
  sweep clips --set seed=3 --out s
  sweep clips --out notes
  sweep --modalities a,b --config experiment.yaml --out s
  sweep --config none.yaml --out s
  sweep --config indent.yaml --out s
  sweep --config experiment.yaml --out s
  sweep --config seeds.yaml --out s
  sweep --config generated.yaml --out s
  sweep --config settings.yaml --out s
  job
  demo --out clips
  doctor now
  bits
  bits nothing.csv
  bits notes
  bits p-none.csv
  bits p-one.csv
  bits p-joint.csv
  bits p-class.csv
  bits p-sum.csv
  bits p-negative.csv
  bits p-nan.csv
  bits p-label.csv
  bits p-few.csv
  bits junk.parquet
  bits predictions.npy
  bits p-good.csv --label y
  bits p-good.csv --modalities a,c
  bits p-good.csv --validation 2
  bits p-good.csv --validation side
  bits p-good.csv --folds 1
  bits p-good.csv --seed x
  bits p-good.csv --remove zeros
  bits p-good.csv --onnx junk.onnx
  bits p-good.csv --out notes/todo.txt
  bits --onnx junk.onnx
  bits --onnx junk.onnx --data clips
  bits --onnx nothing.onnx --data clips
  bits --onnx joint.onnx --data clips --modalities a
  bits --onnx joint.onnx --data wide
  bits --onnx joint.onnx --data clips --input a
  bits --onnx joint.onnx --data clips --input a=x
  bits --onnx joint.onnx --data clips --output logit
  bits --onnx joint.onnx --data clips --output unimodal
  bits --onnx joint.onnx --data clips --remove ones
  bits --onnx joint.onnx --data clips --draws 0
  bits --onnx joint.onnx --data clips --validation 0.5
`;

/** Words of a line; what stands in braces is one word. */
const wordsOf = (line: string): string[] => line.match(/[^\s{]*\{[^}]*\}|\S+/g) ?? [];

test("wrong input is answered with what was given, what is allowed and what to do", async () => {
  const lines = COMMANDS.trim()
    .split("\n")
    .map((text) => text.trim());
  const answer = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await dmil(wordsOf(line), { cwd });
    expect(stdout, line).toBe("");
    expect([1, 2], line).toContain(code);
    expect(stderr, line).not.toMatch(/\n {4}at |internal:|This is a bug/);
    return `$ dmil ${line}\n${stderr.replaceAll(cwd, "HERE").replaceAll(METHODS, "METHODS")}[exit code ${code}]\n`;
  };
  const inTurn = async (part: readonly string[]): Promise<string[]> => {
    const blocks: string[] = [];
    for (const line of part) blocks.push(await answer(line));
    return blocks;
  };
  // A folder has one owner at a time, and the two parts write into none that both name.
  const half = lines.indexOf("resume");
  const blocks = await Promise.all([inTurn(lines.slice(0, half)), inTurn(lines.slice(half))]);
  await expect(blocks.flat().join("\n")).toMatchFileSnapshot("wrong-input.txt");
}, 300_000);

test("as JSON every one of them is one document with the same code", async () => {
  for (const line of [
    "trian clips",
    "data check clip",
    "train --config typo.yaml",
    "evaluate damaged",
    "train clips --seed x --out r",
  ]) {
    const { code, stdout } = await dmil([...wordsOf(line), "--json"], { cwd });
    const { error } = JSON.parse(stdout);
    expect(error, line).toMatchObject({ code: expect.stringMatching(/Error$/), message: expect.any(String) });
    expect(code, line).toBe(error.code === "ConfigError" ? 2 : 1);
  }
});
