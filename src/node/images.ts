/**
 * @file Pictures from JPEG, PNG, WebP and GIF files, with the values that Pillow gives.
 *
 * sharp decodes all formats; where it is not installed, WebAssembly decodes JPEG and plain JavaScript PNG. Nothing is resized or turned:
 * an orientation in EXIF is not applied, as Pillow does not apply it either.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as path from "node:path";
import { dataError, listing, runError } from "../core/errors.ts";
import type { Picture } from "../core/media.ts";
import { explained } from "../core/system-errors.ts";
import {
  hasJpegEnd,
  type ImageFormat,
  type ImageHeader,
  MOST_PIXELS,
  readImageHeader,
} from "../data/readers/image-header.ts";
import { type OptionalPackage, requirePackage, tryPackage } from "./optional.ts";

/** Options of `decodeImage`. */
export interface ImageOptions {
  /** 3 is RGB; 1 is grey, by Pillow's weights of the colours. An alpha channel is dropped, not blended. */
  readonly channels?: 1 | 3;
  /** Is told where values can differ from those of Pillow. */
  readonly onWarning?: (message: string) => void;
}

/** Values as a decoder gives them: 1 to 4 channels, the last of 2 or 4 being alpha. */
interface Decoded {
  readonly channels: number;
  readonly data: Uint8Array;
}

/** A package that decodes pictures. */
interface Decoder {
  readonly package: OptionalPackage;
  readonly formats: readonly ImageFormat[];
  readonly decode: (bytes: Uint8Array, header: ImageHeader, where: string) => Promise<Decoded>;
}

/** In order of preference. */
const DECODERS: readonly Decoder[] = [
  { package: "sharp", formats: ["jpeg", "png", "webp", "gif"], decode: bySharp },
  { package: "@jsquash/jpeg", formats: ["jpeg"], decode: byMozjpeg },
  { package: "pngjs", formats: ["png"], decode: byPngjs },
];

/**
 * Decodes a picture. Its size is checked before.
 * @throws DataError for damaged, cut, empty and too large files, RunError when no package that decodes the format is installed.
 */
export async function decodeImage(bytes: Uint8Array, where: string, options: ImageOptions = {}): Promise<Picture> {
  const header = readImageHeader(bytes, where);
  const decoder = await decoderOf(header.format, where);
  warn(header, where, options);
  const { width, height } = header;
  const decoded = await decoder.decode(bytes, header, where).catch((cause: unknown) => {
    const { message } = cause as Error;
    throw dataError(
      `${where}: the ${header.format} file cannot be decoded: ${message.split("\n")[0]}. Copy or download it again, or leave it out.`,
      { where, decoder: decoder.package },
    );
  });
  if (decoded.data.length !== width * height * decoded.channels) {
    throw dataError(
      `${where}: the header declares ${width} x ${height} pixels but others are in the file. Write it again.`,
      { where },
    );
  }
  return withChannels(decoded, width, height, options.channels ?? 3);
}

/** Reads and decodes a file. @throws as decodeImage, and RunError when the file cannot be read. */
export async function readImage(file: string, options: ImageOptions = {}): Promise<Picture> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw explained(path.dirname(file), "read", path.basename(file), cause);
  });
  return decodeImage(bytes, file, options);
}

async function decoderOf(format: ImageFormat, where: string): Promise<Decoder> {
  const able = DECODERS.filter(({ formats }) => formats.includes(format));
  for (const decoder of able) if (!("missing" in (await tryPackage(decoder.package)))) return decoder;
  const names = able.map((decoder) => decoder.package);
  throw runError(
    `${where}: no package that decodes ${format} is installed. Install ${names.length > 1 ? "one of them" : "it"}: npm install ${listing(names).replaceAll(", ", ", or npm install ")}`,
    { where, packages: names },
  );
}

function warn({ cmyk, bits }: ImageHeader, where: string, { onWarning }: ImageOptions): void {
  if (cmyk) {
    onWarning?.(
      `${where}: CMYK is converted to RGB by way of a colour profile; values can differ from Pillow's by up to 48 of 255. Save it as RGB.`,
    );
  }
  if (bits === 16) {
    onWarning?.(
      `${where}: of 16 bits the upper 8 are kept; Pillow cuts off at 255 instead, which makes most such pictures white. Save it with 8 bits.`,
    );
  }
}

async function bySharp(bytes: Uint8Array): Promise<Decoded> {
  const { default: sharp } = await requirePackage("sharp", "decoding pictures");
  const { data, info } = await sharp(bytes, { limitInputPixels: MOST_PIXELS, autoOrient: false })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { channels: info.channels, data };
}

async function byMozjpeg(bytes: Uint8Array, header: ImageHeader, where: string): Promise<Decoded> {
  if (header.cmyk) throw new Error("CMYK is read by sharp alone (npm install sharp)");
  if (!hasJpegEnd(bytes, header)) throw new Error("premature end of file");
  const decode = await mozjpeg();
  const { data } = await decode(new Uint8Array(bytes).buffer);
  if (data === undefined) throw dataError(`${where}: nothing was decoded.`, { where });
  return { channels: 4, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

let compiled: Promise<Awaited<ReturnType<typeof loadMozjpeg>>> | undefined;
const mozjpeg = (): ReturnType<typeof loadMozjpeg> => (compiled ??= loadMozjpeg());

/** The package would fetch its WebAssembly over the web; in Node it is given the compiled bytes. */
async function loadMozjpeg() {
  const { default: decode, init } = await requirePackage("@jsquash/jpeg", "decoding JPEG");
  const file = createRequire(import.meta.url).resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
  const module = await WebAssembly.compile(await readFile(file));
  await (init as (module: WebAssembly.Module) => Promise<void>)(module);
  return decode;
}

async function byPngjs(bytes: Uint8Array, { bits }: ImageHeader): Promise<Decoded> {
  const { PNG } = await requirePackage("pngjs", "decoding PNG");
  const wide = bits === 16;
  const { data } = PNG.sync.read(Buffer.from(bytes), { skipRescale: wide });
  const values: ArrayLike<number> = data;
  return { channels: 4, data: wide ? Uint8Array.from(values, (value) => value >> 8) : new Uint8Array(data) };
}

/** RGB or grey of what a decoder gave. */
function withChannels({ channels: from, data }: Decoded, width: number, height: number, channels: 1 | 3): Picture {
  const colour = from >= 3;
  const pixels = width * height;
  if (from === channels) return { width, height, channels, data };
  const out = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    const at = i * from;
    const [r, g, b] = [data[at]!, data[colour ? at + 1 : at]!, data[colour ? at + 2 : at]!];
    if (channels === 1)
      out[i] = (r * 19_595 + g * 38_470 + b * 7471 + 0x8000) >> 16; // ITU-R 601-2, as Pillow rounds it
    else out.set([r, g, b], i * 3);
  }
  return { width, height, channels, data: out };
}
