/** @file Probes for `dmil explain`: models trained on the representations of a trained model. */
import type { Dataset } from "../data/dataset.ts";
import type { Fitted } from "../evaluation/model.ts";
import { predict } from "../evaluation/predict.ts";
import { probeRepresentations } from "../interactions/probe.ts";
import { truthMetrics } from "../interactions/truth.ts";
import type { BackendName } from "../runtime/backend.ts";
import { note } from "./answer.ts";
import { share, table } from "./text.ts";

/** Probes a model on one split; if the truth is known, also the accuracy of each component by true type. */
export async function probeModel(
  fitted: Fitted,
  dataset: Dataset,
  backend: BackendName,
): Promise<{ readonly text: string; readonly json: unknown }> {
  note("training probes: one for each representation");
  const predictions = await predict(fitted, dataset, { backend, representations: true });
  const probes = await probeRepresentations(predictions, dataset, { seed: 0, backend });
  const alone = dataset.truth === undefined ? {} : truthMetrics(predictions, fitted.calibration, dataset).own;
  const { information, predictability, samples } = probes;
  const parts = [
    `probes: trained on the frozen representations of other rows of the split, evaluated on ${samples} rows`,
    table([
      ["representation", "bits about the class", "standard error"],
      ...Object.entries(information).map(([name, { value, error }]) => [name, share(value), share(error)]),
    ]),
  ];
  if (Object.keys(predictability).length > 0) {
    parts.push(
      `one component predicted from another: share of its variance that a regression explains\n${table([
        ["component", "explained"],
        ...Object.entries(predictability).map(([name, value]) => [name, share(value)]),
      ])}`,
    );
  }
  if (Object.keys(alone).length > 0) {
    const types = Object.keys(Object.values(alone)[0]!.accuracy);
    parts.push(
      `accuracy of each component's own prediction, by true component of the sample\n${table([
        ["component", ...types],
        ...Object.entries(alone).map(([name, { accuracy }]) => [name, ...types.map((type) => share(accuracy[type]))]),
      ])}`,
    );
  }
  return { text: parts.join("\n\n"), json: { ...probes, ...(Object.keys(alone).length > 0 && { components: alone }) } };
}
