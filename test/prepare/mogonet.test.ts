/** @file ROSMAP and BRCA from the csv files of MOGONET. */
import { expect, test } from "vitest";
import { allOf, arrayOf, type Files, loaded, memorySource, planOf, prepareFiles } from "./support.ts";

/** A fake folder of ROSMAP: 20 and 6 samples, 4, 3 and 2 features, numbers as MOGONET writes them. */
function tree(folder = "", ending = "\n"): Files {
  const files: Record<string, string> = {};
  for (const [split, n] of [
    ["tr", 20],
    ["te", 6],
  ] as const) {
    files[`${folder}labels_${split}.csv`] = Array.from(
      { length: n },
      (_, i) => (i % 2).toExponential(18) + ending,
    ).join("");
    [4, 3, 2].forEach((width, k) => {
      const line = (i: number): string =>
        Array.from({ length: width }, (_, j) => (i + j / 8).toExponential(18)).join(",");
      files[`${folder}${k + 1}_${split}.csv`] = Array.from({ length: n }, (_, i) => line(i) + ending).join("");
    });
  }
  return files;
}

test("rows, labels and classes are those of the files, and a validation split is drawn from train by class", async () => {
  const made = await prepareFiles("rosmap", tree());
  expect(made.prepared.samples).toEqual({ train: 17, valid: 3, test: 6 });
  const { splits } = await loaded(made);
  expect(splits.train.target.names).toEqual(["control", "AD"]);
  expect(Object.keys(splits.train.modalities)).toEqual(["mrna", "methylation", "mirna"]);
  for (const { ids, modalities, target } of allOf(splits)) {
    ids.forEach((id, i) => {
      const row = Number(id.slice(-4));
      expect(target.values.data[i]).toBe(row % 2);
      expect(Array.from(modalities.methylation!.data.slice(3 * i, 3 * i + 3))).toEqual([row, row + 0.125, row + 0.25]);
    });
  }
  expect(Array.from(splits.test.target.values.data)).toEqual([0, 1, 0, 1, 0, 1]);
  expect(made.plan.notes[0]).toBe("labels_tr.csv has 20 samples, the published train split 245.");
});

test("the repository as a whole, a byte-order mark and CRLF give the same arrays", async () => {
  const plain = await prepareFiles("rosmap", tree());
  const files = tree("ROSMAP/", "\r\n");
  const other = await prepareFiles("rosmap", {
    ...files,
    "ROSMAP/1_tr.csv": `\ufeff${files["ROSMAP/1_tr.csv"]}`,
    "README.md": "MOGONET",
  });
  for (const split of ["train", "valid", "test"]) {
    for (const name of ["mrna", "methylation", "mirna", "labels"]) {
      const path = `${split}/${name}.npy`;
      expect(await arrayOf(other.store, path)).toEqual(await arrayOf(plain.store, path));
    }
  }
});

test("an omics type that was not downloaded is a missing modality; a table of another release is an error", async () => {
  const { "3_te.csv": _, ...files } = tree();
  const made = await prepareFiles("rosmap", files);
  expect(made.prepared.modalities.mirna?.present).toBe(20);
  expect(await arrayOf(made.store, "test/mirna_present.npy")).toMatchObject({ data: new Uint8Array(6) });
  await expect(planOf("rosmap", { ...tree(), "2_tr.csv": "1,2,3\n" })).rejects.toThrow(
    "raw/2_tr.csv has 1 lines, labels_tr.csv has 20; line i of each is the same sample. Get both from one release.",
  );
});

test("labels outside the classes, and a folder without the files, are errors with the way out", async () => {
  await expect(planOf("rosmap", { ...tree(), "labels_te.csv": "0.0\n2.0\n" })).rejects.toThrow(
    "raw/labels_te.csv: line 2 is 2; allowed are 0 to 1 (control, AD).",
  );
  await expect(planOf("rosmap", { "old/labels_tr.csv": "0\n" })).rejects.toThrow(
    "raw: not found: the tables of ROSMAP; tried raw/labels_tr.csv, raw/ROSMAP/labels_tr.csv. It is in raw/old: give that folder. `dmil prepare list rosmap` prints the files that it expects.",
  );
  await expect(planOf("brca", { "label_tr.csv": "0\n" })).rejects.toThrow("The nearest existing name is label_tr.csv.");
  expect(memorySource({ b: "", a: "", ".DS_Store": "" }).files).toEqual(["a", "b"]);
});
