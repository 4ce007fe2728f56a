/** @file `--encoder [MODALITY=]KIND[:FILE][,SETTING=VALUE...]` as settings. */
import { expect, test } from "vitest";
import { encoderFlags } from "../../src/cli/encoder-flag.ts";

const settings = (text: string) =>
  Object.fromEntries(encoderFlags([text]).map(({ path, value }) => [path.join("."), value]));

test("a kind, of all modalities or of one", () => {
  expect(settings("pool")).toEqual({ "encoder.kind": "pool" });
  expect(settings("audio=pool")).toEqual({ "encoders.audio.kind": "pool" });
  expect(settings("a=b=pool")).toEqual({ "encoders.a=b.kind": "pool" });
});

test("a file and settings; lists may contain commas, a comma before `name=` begins a setting", () => {
  expect(settings("face=onnx:nets/a,b=c.onnx,pool=mean,hidden=[64,32],dropout=0.1")).toEqual({
    "encoders.face.kind": "onnx",
    "encoders.face.file": "nets/a",
    "encoders.face.b": "c.onnx",
    "encoders.face.pool": "mean",
    "encoders.face.hidden": [64, 32],
    "encoders.face.dropout": 0.1,
  });
  expect(settings("onnx:C:\\nets\\a,1.onnx")).toEqual({ "encoder.kind": "onnx", "encoder.file": "C:\\nets\\a,1.onnx" });
  expect(settings("audio=pool,width=32")).toEqual({ "encoders.audio.kind": "pool", "encoders.audio.width": 32 });
});

test.each([
  ["", /a kind, or a modality and a kind, is needed/],
  ["=pool", /a kind, or a modality and a kind, is needed/],
  ["audio=", /a kind, or a modality and a kind, is needed/],
  ["audio=pool,32", /",32" is neither a file \(pool:FILE\) nor a setting/],
  ["audio=onnx:", /":" is neither a file/],
  ["audio=pool:net.onnx", /the encoder pool reads no file; encoders with a file: .*onnx/],
  ["audio=poll:net.onnx", /there is no encoder "poll"/],
])("--encoder %s is refused", (text, message) => {
  expect(() => encoderFlags([text])).toThrow(message);
});
