/** @file Data sets of clips from fake trees: class numbers, splits, names that vary, odd files, stubs and missing clips. */
import { expect, test } from "vitest";
import { allOf, arrayOf, type Files, loaded, planOf, prepareFiles, STUB, targetsOf } from "./support.ts";

/** Five clips of each emotion for 6 actors, as the repository of CREMA-D has them. */
function cremad(): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = { "README.md": "", "AudioWAV/.DS_Store": "" };
  ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"].forEach((emotion, e) => {
    for (let i = 0; i < 5; i++) {
      const name = `${1001 + ((e + i) % 6)}_IEO_${emotion}_${["LO", "MD", "HI", "XX", "X"][i]}`;
      files[`AudioWAV/${name}.wav`] = `sound ${name}`;
      files[`VideoFlash/${name}.flv`] = `video ${name}`;
    }
  });
  return files;
}

test("cremad: classes in the order of OGM-GE, actors on one side, missing faces, odd names", async () => {
  const files = cremad();
  const odd: Record<string, string | Uint8Array> = {
    ...files,
    "AudioWAV/1001_IEO_ANGRY.wav": "x",
    "AudioMP3/1001_IEO_ANG_LO.mp3": "",
  };
  delete odd["VideoFlash/1001_IEO_ANG_LO.flv"];
  const made = await prepareFiles("cremad", odd, { options: { size: "4", frames: "2" } });
  const { splits } = await loaded(made);
  expect(splits.train.target.names).toEqual(["NEU", "HAP", "SAD", "FEA", "DIS", "ANG"]);
  const total = allOf(splits).flatMap(({ ids, target, groups, name }) =>
    ids.map((id, i) => ({ id, label: target.values.data[i], group: groups?.[i], name })),
  );
  expect(total).toHaveLength(30);
  for (const { id, label, group } of total) {
    expect(["NEU", "HAP", "SAD", "FEA", "DIS", "ANG"][label!]).toBe(id.split("_")[2]);
    expect(group).toBe(id.slice(0, 4));
  }
  for (const group of new Set(total.map((sample) => sample.group))) {
    expect(new Set(total.filter((sample) => sample.group === group).map(({ name }) => name)).size).toBe(1);
  }
  expect(made.prepared.modalities.face).toMatchObject({ present: 29, shape: [2, 4, 4, 3], dtype: "uint8" });
  expect(made.plan.odd).toEqual(["AudioWAV/1001_IEO_ANGRY.wav"]);
});

test("cremad: the lists of OGM-GE, with CRLF, a header, and the clip that some clones name differently", async () => {
  const files: Record<string, string | Uint8Array> = cremad();
  const names = Object.keys(files).flatMap((file) => /AudioWAV\/(.*)\.wav$/.exec(file)?.[1] ?? []);
  const lines = names.map((name) => `${name},${name.split("_")[2]}`);
  files["train.csv"] = ["\ufeffname,emotion", ...lines.filter((_, i) => i % 5 > 0), "1040_ITH_SAD_XX,SAD"].join("\r\n");
  files["test.csv"] = lines.filter((_, i) => i % 5 === 0).join("\n");
  files["AudioWAV/1040_ITH_SAD_X.wav"] = "renamed";
  const plan = await planOf("cremad", files, { options: { split: "ogm", valid: "0.3" } });
  expect(plan.samples.find(({ id }) => id === "1040_ITH_SAD_XX")?.parts.audio?.files).toEqual([
    "AudioWAV/1040_ITH_SAD_X.wav",
  ]);
  expect(plan.counts.all.test).toEqual({ listed: 6, found: 6 });
  expect(plan.counts.all.valid.listed).toBeGreaterThan(0);
  expect(plan.notes).toEqual([
    "train.csv lists 25 clips, OGM-GE's has 6698.",
    "test.csv lists 6 clips, OGM-GE's has 744.",
  ]);
  expect(plan.lists.map(({ path }) => path)).toEqual(["test.csv", "train.csv"]);
  await expect(planOf("cremad", cremad(), { options: { split: "ogm" } })).rejects.toThrow(
    "raw: not found: the lists of OGM-GE; tried raw/train.csv, raw/CREMAD/train.csv.",
  );
});

test("a spectrogram that does not exist is an error before anything is read", async () => {
  await expect(planOf("cremad", cremad(), { options: { audio: "stft-omg" } })).rejects.toThrow(
    'cremad.audio: unknown spectrogram "stft-omg"; did you mean "stft-ogm"?',
  );
});

test("cremad: a clone without Git LFS is named as such", async () => {
  const files: Files = Object.fromEntries(Object.keys(cremad()).map((file) => [file, STUB]));
  await expect(prepareFiles("cremad", files, {})).rejects.toThrow("this is a stub of Git LFS");
});

test("kinetic-sounds: numbers of the list, ids that begin with a dash, names with and without times", async () => {
  const files: Record<string, string> = {
    "lists/my_train.txt": Array.from(
      { length: 40 },
      (_, i) => `-abcdefgh${String(i).padStart(2, "0")}_000010_000020,10,${i % 2 === 0 ? 0 : 30}`,
    ).join("\r\n"),
    "lists/my_test.txt": "tvwxyz_0001_7,10,12\ntvwxyz_0002_7,10,1",
    "test/tvwxyz_0001_000007_000017.mp4": "video",
    "clips/stranger_here.mp4": "video",
  };
  for (let i = 0; i < 40; i += 2) {
    files[`train/-abcdefgh${String(i).padStart(2, "0")}_000010_000020.mp4`] = `video ${i}`;
    files[`frames/-abcdefgh${String(i).padStart(2, "0")}_000010_000020.mp4/frame_00001.jpg`] = `frame ${i}`;
  }
  const plan = await planOf("kinetic-sounds", files, { options: { size: "4" } });
  expect(plan.target.names).toHaveLength(31);
  expect(plan.target.names[30]).toBe("tickling");
  expect(targetsOf(plan)["-abcdefgh00_000010_000020"]).toBe(0);
  expect(targetsOf(plan).tvwxyz_0001_7).toBe(12);
  expect(plan.dropped).toHaveLength(21);
  expect(plan.dropped.at(-1)?.reason).toMatch(/^no audio, no video; tried /);
  const sample = plan.samples.find(({ id }) => id === "-abcdefgh00_000010_000020")!;
  expect(sample.parts.audio!.files).toEqual(["train/-abcdefgh00_000010_000020.mp4"]);
  expect(sample.parts.video!.files).toEqual(["frames/-abcdefgh00_000010_000020.mp4/frame_00001.jpg"]);
  expect(plan.odd).toEqual(["clips/stranger_here.mp4"]);
  await expect(planOf("kinetic-sounds", { ...files, "lists/my_test.txt": "a,10,31" })).rejects.toThrow(
    'raw/lists/my_test.txt: "a,10,31" is not of the form id,seconds,class number (0 to 30).',
  );
});

test("kinetic-sounds: the list of BML has a validation split", async () => {
  const database = {
    aaaaaaaaaaa_1_11: { subset: "training", label: "bowling" },
    bbbbbbbbbbb_1_11: { subset: "validation", label: "tap dancing" },
    ccccccccccc_1_11: { subset: "testing", label: "tickling" },
  };
  const files = {
    "KS_train_val.json": JSON.stringify({ labels: ["bowling"], database }),
    ...Object.fromEntries(Object.keys(database).map((name) => [`${name}.wav`, name])),
  };
  const plan = await planOf("kinetic-sounds", files);
  expect(plan.samples.map(({ split, target }) => [split, target])).toEqual([
    ["train", 2],
    ["valid", 27],
    ["test", 30],
  ]);
});

test("ucf101: numbers of classInd, groups apart, names in another letter case, flow of two folders", async () => {
  const files: Record<string, string> = {
    "ucfTrainTestlist/classInd.txt": "1 ApplyEyeMakeup\r\n2 Hammering\r\n3 HammerThrow\r\n4 HandstandPushups\r\n",
    "ucfTrainTestlist/trainlist01.txt": "",
    "ucfTrainTestlist/testlist01.txt": "",
  };
  const classes = ["ApplyEyeMakeup", "Hammering", "HammerThrow", "HandStandPushups"];
  classes.forEach((name, k) => {
    for (let g = 1; g <= 5; g++) {
      const clip = `v_${name}_g0${g}_c01`;
      const list = g === 5 ? "test" : "train";
      files[`ucfTrainTestlist/${list}list01.txt`] += `${name}/${clip}.avi${g === 5 ? "" : ` ${k + 1}`}\r\n`;
      files[`UCF-101/${name}/${clip}.avi`] = `video ${clip}`;
      for (const axis of ["u", "v"]) {
        for (let n = 1; n <= 3; n++) files[`tvl1_flow/${axis}/${clip}/frame00000${n}.jpg`] = `${axis} ${n} ${clip}`;
      }
    }
  });
  delete files["tvl1_flow/v/v_Hammering_g01_c01/frame000003.jpg"];
  const options = { size: "2", modalities: "rgb,flow,difference", valid: "0.25" };
  const made = await prepareFiles("ucf101", files, { options });
  const targets = targetsOf(made.plan);
  expect(targets.v_HammerThrow_g01_c01).toBe(2);
  expect(targets.v_HandStandPushups_g05_c01).toBe(3);
  expect(made.prepared.samples.test).toBe(4);
  expect(made.prepared.modalities.flow).toMatchObject({ shape: [3, 2, 2, 2], present: 19 });
  expect(made.prepared.modalities.difference).toMatchObject({ shape: [3, 2, 2, 3], dtype: "int16" });
  const difference = await arrayOf(made.store, "test/difference.npy");
  expect(Array.from(difference.data as Int16Array).every((value) => value === 0)).toBe(true);
  await expect(planOf("ucf101", files, { options: { modalities: "rgb,flw" } })).rejects.toThrow(
    'unknown modality "flw"; did you mean "flow"?',
  );
});

test("vggsound: class numbers from the whole list, labels with commas, ids padded or not", async () => {
  const files = {
    "vggsound.csv":
      '---g-f_I2yQ,1,"people marching, left",test\nabcdefghijk,30,dog barking,train\nzbcdefghijk,30,airplane,train\nybcdefghijk,3,airplane,train\nxbcdefghijk,3,dog barking,train\n',
    "video/abcdefghijk_30.mp4": "a",
    "video/zbcdefghijk_000030.mp4": "b",
    "audio/---g-f_I2yQ_000001.wav": "c",
  };
  const plan = await planOf("vggsound", files);
  expect(plan.target.names).toEqual(["airplane", "dog barking", "people marching, left"]);
  expect(targetsOf(plan)).toEqual({ abcdefghijk_000030: 1, zbcdefghijk_000030: 0, "---g-f_I2yQ_000001": 2 });
  expect(plan.dropped).toHaveLength(2);
});
