/**
 * @file ROSMAP and BRCA as the repository of MOGONET has them: csv files of numbers without a header, one for each omics type and split.
 * Source: Wang et al., Nature Communications 2021; files `1_tr.csv` ... in `ROSMAP/` and `BRCA/` of its repository.
 */
import * as z from "zod";
import { dataError } from "../../core/errors.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { readNumbers, rowOf } from "../lists.ts";
import { seedOption, shareOption } from "../options.ts";
import { defineRecipe, type Modality, type Recipe, type Sample } from "../recipe.ts";
import { requireFile, type Source } from "../source.ts";
import { withValidation } from "../splits.ts";

/** Omics types in the order of the numbers in file names. */
const OMICS = ["mrna", "methylation", "mirna"] as const;

/** What differs between the two data sets. */
interface MogonetSet {
  readonly name: string;
  readonly folder: string;
  readonly summary: string;
  readonly classes: readonly string[];
  /** Samples of train and test, and features of each omics type, as published. */
  readonly published: { readonly train: number; readonly test: number; readonly features: readonly number[] };
  readonly size: string;
}

function mogonet({ name, folder, summary, classes, published, size }: MogonetSet): Recipe {
  const inside = (file: string): readonly [string, string] => [file, `${folder}/${file}`];
  return defineRecipe({
    name,
    summary,
    size,
    licence: "MIT (the repository of MOGONET); the studies behind it have terms of their own",
    get: `The folder ${folder} of the repository txWang/MOGONET, or the repository itself.`,
    layout: [
      "{1,2,3}_tr.csv, {1,2,3}_te.csv: samples x features, no header",
      "labels_tr.csv, labels_te.csv: class numbers",
    ],
    options: z.strictObject({
      valid: shareOption("0.15").describe("share of the training samples that becomes the validation split"),
      seed: seedOption("seed of the validation split"),
    }),
    modalities: () =>
      Object.fromEntries(
        OMICS.map((omics, i): [string, Modality] => [
          omics,
          {
            what: `${omics}, features as published [${published.features[i]}]`,
            async read({ files: [file = ""], row = 0 }, { source, once }) {
              return rowOf(await once(file, () => readNumbers(source, file)), row, `${source.label}/${file}`);
            },
          },
        ]),
      ),
    async list(source, { valid, seed }) {
      const wanted = { recipe: name, what: `the tables of ${folder}` };
      const lists: string[] = [];
      const notes: string[] = [];
      const samples: Sample[] = [];
      for (const [split, ending] of [
        ["train", "tr"],
        ["test", "te"],
      ] as const) {
        const labels = requireFile(source, inside(`labels_${ending}.csv`), wanted);
        lists.push(labels);
        const targets = classNumbers(await readNumbers(source, labels), classes, `${source.label}/${labels}`);
        if (targets.length !== published[split]) {
          notes.push(`${labels} has ${targets.length} samples, the published ${split} split ${published[split]}.`);
        }
        const tables = OMICS.map((_, i) => inside(`${i + 1}_${ending}.csv`));
        for (const tried of tables) await requireRows(source, tried, targets.length, labels);
        targets.forEach((target, row) => {
          const parts = OMICS.map((omics, i) => {
            const tried = tables[i]!;
            return [omics, { files: tried.filter((path) => source.has(path)).slice(0, 1), tried, row }] as const;
          });
          const id = `${split}-${String(row).padStart(4, "0")}`;
          samples.push({ id, split, target, parts: Object.fromEntries(parts) });
        });
      }
      return {
        target: { kind: "multiclass", names: classes },
        samples: withValidation(samples, valid, seed),
        lists,
        notes,
        odd: [],
      };
    },
  });
}

/** @throws DataError if a table has other samples than the labels. A table that is not there is a missing modality. */
async function requireRows(source: Source, tried: readonly string[], rows: number, labels: string): Promise<void> {
  const table = tried.find((path) => source.has(path));
  if (table === undefined) return;
  const [found = 0] = (await readNumbers(source, table)).shape;
  if (found === rows) return;
  throw dataError(
    `${source.label}/${table} has ${found} lines, ${labels} has ${rows}; line i of each is the same sample. Get both from one release.`,
    { path: table },
  );
}

/** Class numbers that are written as floats, `0.000e+00`. */
function classNumbers(table: Tensor<"float32">, classes: readonly string[], where: string): number[] {
  if (table.shape[1] !== 1) {
    throw dataError(`${where}: ${table.shape[1]} columns; labels are one number a line.`, { where });
  }
  return Array.from({ length: sizeOf(table.shape) }, (_, i) => {
    const label = table.data[i]!;
    if (Number.isInteger(label) && label >= 0 && label < classes.length) return label;
    throw dataError(
      `${where}: line ${i + 1} is ${label}; allowed are 0 to ${classes.length - 1} (${classes.join(", ")}).`,
      {
        where,
      },
    );
  });
}

/** Alzheimer's disease: 351 samples, three omics types. */
export const rosmap: Recipe = mogonet({
  name: "rosmap",
  folder: "ROSMAP",
  summary: "Alzheimer's disease or control from mRNA, methylation and miRNA (MOGONET)",
  classes: ["control", "AD"],
  published: { train: 245, test: 106, features: [200, 200, 200] },
  size: "351 samples, 5 MB",
});

/** Subtypes of breast cancer: 875 samples, three omics types. */
export const brca: Recipe = mogonet({
  name: "brca",
  folder: "BRCA",
  summary: "subtype of breast cancer from mRNA, methylation and miRNA (MOGONET)",
  classes: ["Normal-like", "Basal", "HER2", "LumA", "LumB"],
  published: { train: 612, test: 263, features: [1000, 1000, 503] },
  size: "875 samples, 55 MB",
});
