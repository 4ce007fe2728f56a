/**
 * @file The model card of an exported model: its facts, training, metrics, usage and limits. Markdown with a YAML header for model hubs.
 * Names come from data and are escaped.
 */
import { markdownCode, markdownEscaped } from "../../core/markup.ts";
import { kindWords } from "../../data/kinds.ts";
import { describeExport, type ExportOptions } from "../../evaluation/export.ts";
import type { Fitted } from "../../evaluation/model.ts";
import { methods } from "../../methods/index.ts";
import { targetTypes } from "../../targets/index.ts";
import { hashValue } from "../identity.ts";
import { describeUnfinished, type Unfinished } from "../open.ts";
import type { RunRecord } from "../record.ts";
import type { RunResult } from "../result.ts";
import { calibrationLines, limits } from "./notes.ts";
import { javascriptSnippet, loadSnippet, pythonSnippet } from "./snippets.ts";

export interface CardInput {
  readonly fitted: Fitted;
  readonly record: RunRecord;
  /** Undefined for an unfinished run. */
  readonly result?: RunResult | undefined;
  /** The state of an unfinished run. */
  readonly unfinished?: Unfinished | undefined;
  /** Name of the exported file. */
  readonly file: string;
  /** Options of an .onnx export; undefined for .safetensors. */
  readonly onnx?: ExportOptions;
}

/** The card as Markdown; its last line is a hash that `isUntouchedCard` checks. */
export async function modelCard(input: CardInput): Promise<string> {
  const { fitted, record, file } = input;
  const title = `${record.config.method} on ${dataName(record)}`;
  const text = [
    `---\n${headOf(input)}\n---`,
    `# ${markdownEscaped(title)}`,
    `The model in ${markdownEscaped(file)}. It predicts ${predicts(fitted)} from ${fitted.method.modalities.map(markdownEscaped).join(", ")}, and reports what each modality contributed to the prediction of each sample.`,
    ...(input.unfinished === undefined ? [] : [markdownEscaped(describeUnfinished(input.unfinished))]),
    section("Model", table([["fact", "value"], ...modelRows(input)]), table(modalityRows(fitted)), targetTable(fitted)),
    section(
      "Training",
      table([["setting", "value"], ...trainingRows(input)]),
      "Data by SHA-256:",
      table(hashRows(record)),
    ),
    section("Metrics on validation data", ...metricParts(input)),
    section("Calibration", ...calibrationLines(fitted)),
    section("How to call it", ...callParts(input)),
    section(
      "Limits",
      limits(fitted, record, input.onnx)
        .map((line) => `- ${line}`)
        .join("\n"),
    ),
    section("Licence", "Not stated. Whoever publishes this model fills it in, here and in the head of this card."),
  ].join("\n\n");
  return `${text}\n\n${await markOf(text)}\n`;
}

/** Whether a text is an unchanged card of dmil, which may be replaced. */
export async function isUntouchedCard(text: string): Promise<boolean> {
  const at = text.lastIndexOf("\n\n<!-- dmil card ");
  return at >= 0 && text.slice(at + 2).trimEnd() === (await markOf(text.slice(0, at)));
}

async function markOf(text: string): Promise<string> {
  return `<!-- dmil card ${await hashValue(text)} -->`;
}

function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== "")].join("\n\n");
}

/** A Markdown table of escaped text; the first row is the header. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownEscaped).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function dataName({ data }: RunRecord): string {
  return data.path.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? "data";
}

/** The YAML header; every value is JSON, so that names cannot break it. */
function headOf({ fitted, record, result, onnx }: CardInput): string {
  const task = targetTypes[fitted.target.kind].probabilistic ? "tabular-classification" : "tabular-regression";
  const named = result === undefined ? [] : metricsOf(result).filter(([, value]) => Number.isFinite(value));
  const metrics = named.map(([name, value]) => ({ type: name, name, value }));
  const dataset = { name: dataName(record), type: dataName(record), split: "validation" };
  const head = {
    library_name: "dmil",
    license: "unknown",
    pipeline_tag: task,
    tags: [...new Set(["multimodal", "dmil", record.config.method, onnx === undefined ? "safetensors" : "onnx"])],
    ...(metrics.length > 0 && {
      "model-index": [{ name: record.config.method, results: [{ task: { type: task }, dataset, metrics }] }],
    }),
  };
  return Object.entries(head)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join("\n");
}

function predicts({ target }: Fitted): string {
  return targetTypes[target.kind].summary(target.names);
}

function modelRows({ fitted, record }: CardInput): string[][] {
  const { method } = fitted;
  const numbers = Object.values(fitted.state).reduce((sum, { data }) => sum + data.length, 0);
  return [
    ["method", record.config.method],
    ["what it is", methods[method.name]?.summary ?? method.name],
    ["numbers", String(numbers)],
    ["written by", `dmil ${record.environment.dmil ?? "of unknown version"}`],
  ];
}

function modalityRows({ method, shapes, transforms }: Fitted): string[][] {
  return [
    ["modality", "shape of a sample", "normalisation"],
    ...method.modalities.map((name) => [name, `(${shapes[name]!.join(", ")})`, transforms[name]!.normalize]),
  ];
}

function targetTable({ target: { kind, names, units } }: Fitted): string {
  const head = [
    kindWords[kind].one,
    "index",
    ...(units === undefined ? [] : ["mean in training", "deviation in training"]),
  ];
  const numbers = (k: number): string[] =>
    units === undefined ? [] : [shown(units.mean[k]!), shown(units.deviation[k]!)];
  return table([head, ...names.map((name, k) => [name, String(k), ...numbers(k)])]);
}

function trainingRows({ record, result }: CardInput): string[][] {
  const { config, engine, environment } = record;
  const stages = result?.stages.map(({ stage, epochs, best }) => `${stage} ${epochs} (best ${best.epoch})`);
  const rates = Object.entries(config.learningRate).map(([stage, rate]) => `${stage} ${rate}`);
  return [
    ["data set", dataName(record)],
    ["seed", String(config.seed)],
    ["dmil", String(environment.dmil ?? "unknown")],
    [
      "computed by",
      engine === undefined ? "unknown" : `onnxruntime ${engine.version} (${engine.backend}), ${engine.threads} threads`,
    ],
    ["status", `${record.status}${record.ended === undefined ? "" : `, ${record.ended}`}`],
    [
      "epochs by stage",
      (stages ?? Object.entries(config.epochs).map(([stage, n]) => `${stage} ${n} planned`)).join(", "),
    ],
    ["learning rate by stage", rates.join(", ")],
    ["batch size", String(config.batchSize)],
    ["optimiser", JSON.stringify(config.optimiser)],
    ["encoder of each modality", JSON.stringify(config.encoder)],
    ...Object.entries(config.encoders ?? {}).map(([name, own]) => [`encoder of ${name}`, JSON.stringify(own)]),
    ["options of the method", JSON.stringify(config.options)],
    ...(config.clipNorm === undefined ? [] : [["gradients clipped to norm", String(config.clipNorm)]]),
    ...(config.members === undefined
      ? []
      : [["members, trained one after the other and pooled", String(config.members)]]),
    ["modality dropout", String(config.modalityDropout ?? 0)],
    ...Object.entries({
      "learning rate warm-up": config.warmup,
      "early stopping patience, in epochs": config.patience,
      "metric that selects the best epoch": config.monitor,
      "class weights": config.classWeights,
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(JSON.stringify(value))]])),
    ...(config.labelSmoothing === undefined ? [] : [["label smoothing", String(config.labelSmoothing)]]),
  ];
}

function hashRows({ data }: RunRecord): string[][] {
  return [["part", "SHA-256"], ...Object.entries(data.hashes)];
}

/** Metrics by name, for every kind of target. */
function metricsOf({ validation }: RunResult): [string, number][] {
  return Object.entries(validation.values);
}

function metricParts({ result }: CardInput): string[] {
  if (result === undefined) return ["None: training did not finish."];
  const { samples, unimodal } = result.validation;
  const [first] = metricsOf(result);
  const alone = Object.entries(unimodal).map(([name, value]) => [name, shown(value)]);
  return [
    `Over ${samples} samples. The best epochs and the calibration were chosen on the same samples, so other data will be a little worse. No test data was used for this card.`,
    table([["metric", "value"], ...metricsOf(result).map(([name, value]) => [name, shown(value)])]),
    table([["modality alone", first![0]], ...alone]),
  ];
}

function callParts({ fitted, file, onnx }: CardInput): string[] {
  if (onnx === undefined) return [markdownCode("js", loadSnippet(file))];
  const said = describeExport(fitted, onnx);
  const rows = (parts: typeof said.outputs): string[][] => parts.map(({ name, meaning }) => [name, meaning]);
  return [
    table([["input", "float32"], ...rows(said.inputs)]),
    table([["output", "float32"], ...rows(said.outputs)]),
    "The names of classes, modalities, components and bits, in the order of their axes, are in the file's metadata.",
    markdownCode("python", pythonSnippet(file, said)),
    markdownCode("js", javascriptSnippet(file, said)),
  ];
}

function shown(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "-";
}
