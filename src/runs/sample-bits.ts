/** @file bits.safetensors: the bits of each test sample under the model of a run. `dmil sweep` writes it; `dmil compare` compares seeds. */
import * as z from "zod";
import { dataError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { float32 } from "../core/tensor.ts";
import { decodeWithChecksum, encodeWithChecksum } from "../evaluation/checksum.ts";
import { storedValue } from "../evaluation/stored.ts";
import type { SampleReport } from "../interactions/report.ts";
import { hashValue } from "./identity.ts";
import { runFiles } from "./record.ts";

/** Label-free bits of the test samples, in the order of the samples. */
export interface SampleBits {
  /** Names of the components: redundant, unique_<modality>, synergistic. */
  readonly components: readonly string[];
  /** Bits by component, [C][N]. */
  readonly atoms: readonly Float32Array[];
  /** SHA-256 of ids and labels; equal if two runs have the same samples in the same order. */
  readonly samples: string;
}

const componentNames = z.array(z.string()).min(1);

/** The bits of a report. */
export async function sampleBits(samples: readonly SampleReport[]): Promise<SampleBits> {
  const components = Object.keys(samples[0]!.bits).filter((name) => name !== "total");
  return {
    components,
    atoms: components.map((name) => Float32Array.from(samples, ({ bits }) => bits[name]!)),
    samples: await hashValue(samples.map(({ id, label }) => [id, label ?? null])),
  };
}

/** Writes bits.safetensors. */
export async function writeSampleBits(
  folder: Pick<Folder, "write">,
  { components, atoms, samples }: SampleBits,
): Promise<void> {
  const state = Object.fromEntries(atoms.map((values, c) => [`bits.${c}`, float32([values.length], values)]));
  await folder.write(
    runFiles.bits,
    await encodeWithChecksum(state, { components: JSON.stringify(components), samples }),
  );
}

/** Reads bits.safetensors. @throws DataError for a damaged file, or one with other contents. */
export async function readSampleBits(folder: Pick<Folder, "label" | "read">): Promise<SampleBits> {
  const where = `${folder.label}/${runFiles.bits}`;
  const advice = "It is written when a run of a sweep ends; run the sweep again in another folder.";
  const { state, metadata } = await decodeWithChecksum(await folder.read(runFiles.bits), { where, advice });
  const components = storedValue<string[]>(metadata.components ?? "", componentNames, where);
  const atoms = components.map((_, c) => state[`bits.${c}`]?.data);
  const present = atoms.filter((values): values is Float32Array => values !== undefined);
  const sizes = new Set(present.map(({ length }) => length));
  if (present.length !== components.length || sizes.size !== 1 || metadata.samples === undefined) {
    throw dataError(`${where}: not the bits of ${components.length} components of the same samples. ${advice}`, {
      where,
    });
  }
  return { components, atoms: present, samples: metadata.samples };
}
