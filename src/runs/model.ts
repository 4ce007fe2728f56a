/** @file Models as files, and models that stay open for predictions. */
import { runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { Inputs } from "../data/dataset.ts";
import { answersOf } from "../evaluation/answers.ts";
import { decodeModel, encodeModel, type Fitted } from "../evaluation/model.ts";
import { createPredictor, type PredictOptions } from "../evaluation/predict.ts";
import type { FrozenOptions } from "../features/frozen.ts";
import { methodFrom } from "../methods/index.ts";
import type { Answer } from "../targets/target.ts";
import { keepEncoders, withEncoders } from "./encoders.ts";
import { openRun } from "./open.ts";
import { runFiles } from "./record.ts";

/** Writes a fitted model to a file of a folder (safetensors with a checksum), and the files of its frozen encoders beside it. */
export async function saveModel(fitted: Fitted, folder: Folder, file: string = runFiles.model): Promise<void> {
  await keepEncoders(folder, fitted.method.description.encoders, fitted.frozen);
  await folder.write(file, await encodeModel(fitted));
}

/** Reads a model that `saveModel`, a run or `dmil export` wrote. @throws RunError if there is no such file, DataError if it is damaged. */
export async function loadModel(
  folder: Folder,
  file: string = runFiles.model,
  options: FrozenOptions = {},
): Promise<Fitted> {
  if (!(await folder.exists(file))) {
    throw runError(
      `${folder.label}: there is no model ${file} here. Give the folder of a run, or the file that \`dmil export\` wrote.`,
      { file },
    );
  }
  return withEncoders(
    await decodeModel(await folder.read(file), methodFrom, `${folder.label}/${file}`),
    folder,
    options,
  );
}

/** A model that is compiled once and then predicts many times. */
export interface OpenModel {
  readonly fitted: Fitted;
  /**
   * The prediction of each sample in the data's own words: the class and its probability, labels with the probability of yes, or values
   * in the data's unit. The answer for a sample does not depend on the other samples of a call, to the bit.
   * @throws DataError or ShapeError if modalities or shapes differ from those of the training data.
   */
  predict(inputs: Inputs): Promise<Answer[]>;
  dispose(): Promise<void>;
}

/**
 * Opens the model of a run, or of a folder with a model file, for predictions. A run that has not finished gives the model of its best
 * epoch so far, which is not calibrated. @throws as `openRun` and `loadModel`.
 * @example const model = await openModel(disk("runs/clips-dmil-0")); await model.predict(inputsOf({ audio, face }));
 */
export async function openModel(folder: Folder, options: PredictOptions = {}): Promise<OpenModel> {
  const isRun = await folder.exists(runFiles.record);
  const fitted = isRun ? (await openRun(folder)).fitted : await loadModel(folder);
  const predictor = createPredictor(fitted, options);
  return {
    fitted,
    predict: async (inputs) => answersOf(fitted, await predictor.predict(inputs)),
    dispose: () => predictor.dispose(),
  };
}
