/** @file The notes of a model card on calibration and known limits. */
import { markdownEscaped } from "../../core/markup.ts";
import { isClassKind } from "../../data/kinds.ts";
import type { ExportOptions } from "../../evaluation/export.ts";
import type { Fitted } from "../../evaluation/model.ts";
import { CLIP } from "../../modalities/vector.ts";
import type { EvidenceScaling } from "../../targets/calibrate.ts";
import { targetTypes } from "../../targets/index.ts";
import type { RunRecord } from "../record.ts";

/** The calibration of probabilities or values. */
export function calibrationLines({ calibration, target }: Fitted): string[] {
  if (!targetTypes[target.kind].hasBits) {
    const { scale } = target;
    if (scale === undefined) return ["None: training did not finish."];
    // Ordered classes have one factor, the same for each step from one class to the next.
    const factors =
      scale.prediction.length < target.names.length
        ? [...new Set(scale.prediction)]
        : scale.prediction.map((factor, k) => `${markdownEscaped(target.names[k]!)} ${factor}`);
    return [
      `Outputs are multiplied by factors that were fitted on validation data: ${factors.join(", ")}. The factors are inside the file.`,
    ];
  }
  const { prediction, all, modalities } = calibration;
  const one = ({ scale, doubt }: EvidenceScaling): string => `scale ${rounded(scale)}, doubt ${rounded(doubt)}`;
  const lines = [
    `the prediction: ${one(prediction)}`,
    `all modalities together, for bits: ${one(all)}`,
    ...Object.entries(modalities).map(([name, own]) => `${markdownEscaped(name)} alone: ${one(own)}`),
  ];
  return [
    "Probabilities are calibrated on validation data: the evidence for each class, its log-probability minus that of the prior, is multiplied by scale \\* d / (d + doubt), where d is KL(p, prior) in nats. The calibration is inside the file.",
    lines.map((line) => `- ${line}`).join("\n"),
  ];
}

/** The limits of the model. */
export function limits(
  { method, target, transforms }: Fitted,
  record: RunRecord,
  onnx: ExportOptions | undefined,
): string[] {
  const gaps = Object.keys(record.data.hashes).some((part) => part.endsWith("_present"));
  const dropout = (record.config.modalityDropout ?? 0) > 0;
  const alone = method.modalities.map(markdownEscaped).join(", ");
  return [
    gaps || dropout
      ? `It was trained with modalities missing (${[gaps ? "in the data" : "", dropout ? "by modality dropout" : ""].filter((word) => word !== "").join(", ")}).`
      : `It was never trained with a modality missing; its predictions for samples that lack one of ${alone} were not checked.`,
    ...(onnx !== undefined && onnx.missing !== true
      ? ["This file needs every modality of every sample; `dmil export --missing` writes one that does not."]
      : []),
    ...(Object.values(transforms).some(({ normalize }) => normalize !== "none")
      ? [
          `A feature further than ${CLIP} standard deviations from the mean of the training data counts as if it were ${CLIP} away.`,
        ]
      : []),
    "A gate share says how much a component counted in a prediction, not how much information it has; components are learned and are not exact atoms of an information decomposition.",
    isClassKind(target.kind)
      ? "It predicts one of its classes for every input, also for inputs unlike all training samples."
      : "It gives a prediction for every input, also for inputs unlike all training samples.",
    "Not known here, so add it: what the data represents, whom it leaves out, and what the model may be used for.",
  ];
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}
