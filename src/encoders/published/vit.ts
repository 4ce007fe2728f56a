/** @file The names of vision transformers in torchvision, timm and Hugging Face's transformers. Sources: the models of these libraries. */
import { configError } from "../../core/errors.ts";
import { linearRows, type NameMap, normRows, type PatchSizes, type PublishedNames, type Row } from "./names.ts";

/** Rows outside the blocks. */
const ends = (patch: string, token: string, positions: string, norm: string): Row[] => [
  ["patch.weight", `${patch}.weight`, "patches"],
  ["patch.bias", `${patch}.bias`, "same"],
  ["token", token, "same"],
  ["positions", positions, "positions"],
  ...normRows("norm", norm),
];

const torchvision: NameMap = {
  names: "torchvision",
  marker: "conv_proj.weight",
  ignored: ["heads."],
  // The files of torchvision before 0.13, which are still its published ones.
  former: { ".mlp.linear_1.": ".mlp.0.", ".mlp.linear_2.": ".mlp.3." },
  rows: [
    ...ends("conv_proj", "class_token", "encoder.pos_embedding", "encoder.ln"),
    ...blockRows("encoder.layers.encoder_layer_<i>", {
      norms: ["ln_1", "ln_2"],
      out: "self_attention.out_proj",
      mlp: ["mlp.0", "mlp.3"],
    }),
    ["blocks.<i>.attention.qkv.weight", "encoder.layers.encoder_layer_<i>.self_attention.in_proj_weight", "linear"],
    ["blocks.<i>.attention.qkv.bias", "encoder.layers.encoder_layer_<i>.self_attention.in_proj_bias", "same"],
  ],
};

const timm: NameMap = {
  names: "timm",
  marker: "patch_embed.proj.weight",
  ignored: ["head.", "pre_logits."],
  rows: [
    ...ends("patch_embed.proj", "cls_token", "pos_embed", "norm"),
    ...blockRows("blocks.<i>", { norms: ["norm1", "norm2"], out: "attn.proj", mlp: ["mlp.fc1", "mlp.fc2"] }),
    ...linearRows("blocks.<i>.attention.qkv", "blocks.<i>.attn.qkv"),
  ],
};

const parts = (kind: string): string[] =>
  ["query", "key", "value"].map((part) => `encoder.layer.<i>.attention.attention.${part}.${kind}`);

const huggingFace: NameMap = {
  names: "huggingface",
  marker: "embeddings.patch_embeddings.projection.weight",
  prefixes: ["vit."],
  ignored: ["classifier.", "pooler."],
  rows: [
    ...ends(
      "embeddings.patch_embeddings.projection",
      "embeddings.cls_token",
      "embeddings.position_embeddings",
      "layernorm",
    ),
    ...blockRows("encoder.layer.<i>", {
      norms: ["layernorm_before", "layernorm_after"],
      out: "attention.output.dense",
      mlp: ["intermediate.dense", "output.dense"],
    }),
    ["blocks.<i>.attention.qkv.weight", parts("weight"), "linear"],
    ["blocks.<i>.attention.qkv.bias", parts("bias"), "same"],
  ],
};

interface BlockNames {
  readonly norms: readonly [string, string];
  readonly out: string;
  readonly mlp: readonly [string, string];
}

/** Rows of a block but for queries, keys and values, which the libraries keep in one, two or three tensors. */
function blockRows(block: string, { norms, out, mlp }: BlockNames): Row[] {
  return [
    ...normRows("blocks.<i>.norm1", `${block}.${norms[0]}`),
    ...normRows("blocks.<i>.norm2", `${block}.${norms[1]}`),
    ...linearRows("blocks.<i>.attention.out", `${block}.${out}`),
    ...linearRows("blocks.<i>.mlp.0", `${block}.${mlp[0]}`),
    ...linearRows("blocks.<i>.mlp.1", `${block}.${mlp[1]}`),
  ];
}

/**
 * Sizes by a description with `patch` [height, width], `sample` [H, W], [H, W, C] or [C, H, W] (`layout` first).
 * @throws ConfigError if the description has none of them.
 */
function patches({ patch, sample, layout }: Readonly<Record<string, unknown>>): PatchSizes {
  if (!isSizes(patch, 2) || !(isSizes(sample, 2) || isSizes(sample, 3))) {
    throw configError("the description of the encoder has no sizes of patches and samples, so no weights can be read.");
  }
  const [height, width] = (sample.length === 3 && layout === "first" ? sample.slice(1) : sample) as [number, number];
  const [down, across] = patch as [number, number];
  return { patch: [down, across], grid: [height / down, width / across] };
}

function isSizes(value: unknown, count: number): value is readonly number[] {
  return Array.isArray(value) && value.length === count && value.every(Number.isInteger);
}

/** Vision transformers with a class token and learned positions. */
export const vitNames: PublishedNames = { maps: [torchvision, timm, huggingFace], patches };
