/** @file What a picture is, from the first bytes of its file: its size is known before any memory is allocated for it. */
import { dataError } from "../../core/errors.ts";
import { faultAt, requireContent, text } from "./content.ts";

/** Formats of pictures. */
export type ImageFormat = "jpeg" | "png" | "webp" | "gif";

/** The header of a picture. */
export interface ImageHeader {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** Bits of one value of one channel. */
  readonly bits: number;
  /** Colours for printing, which no decoder turns to RGB in the same way. */
  readonly cmyk: boolean;
  /** Where the coded picture begins, after all headers. */
  readonly start: number;
}

const AGAIN = "Copy or download it again.";

/** Largest number of pixels: a decoded picture of 100 million takes 300 MB. */
export const MOST_PIXELS = 100_000_000;

/** Reads the header of a JPEG, PNG, WebP or GIF file. @throws DataError for other files, damaged ones, and pictures of more than 100 million pixels. */
export function readImageHeader(bytes: Uint8Array, where = "image"): ImageHeader {
  requireContent(bytes, where);
  const format = FORMATS.find(({ is }) => is(bytes));
  if (format === undefined) {
    throw faultAt(
      where,
      0,
      "this is not a picture of a known format",
      "JPEG, PNG, WebP and GIF are read; convert others.",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: ImageHeader;
  try {
    header = format.read(view, bytes, where);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw faultAt(where, bytes.length, "the file ends inside its header", AGAIN);
  }
  const { width, height } = header;
  if (width === 0 || height === 0) throw faultAt(where, 0, `a picture of ${width} x ${height} pixels`, AGAIN);
  if (width * height > MOST_PIXELS) {
    throw dataError(
      `${where}: ${width} x ${height} pixels, more than the ${MOST_PIXELS} that are decoded. Make it smaller, or leave it out.`,
      { where, width, height },
    );
  }
  return header;
}

/** Whether a JPEG file has its end: decoders fill what is missing of a cut one with grey. */
export function hasJpegEnd(bytes: Uint8Array, { start }: ImageHeader): boolean {
  for (let at = start; at + 1 < bytes.length; at++) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}

interface Format {
  readonly is: (bytes: Uint8Array) => boolean;
  readonly read: (view: DataView, bytes: Uint8Array, where: string) => ImageHeader;
}

const FORMATS: readonly Format[] = [
  { is: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8, read: jpeg },
  { is: (bytes) => text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n", read: png },
  { is: (bytes) => text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 4) === "WEBP", read: webp },
  { is: (bytes) => /^GIF8[79]a$/.test(text(bytes, 0, 6)), read: gif },
];

/** Follows the segments to the first scan; the frame before it has the size. */
function jpeg(view: DataView, _: Uint8Array, where: string): ImageHeader {
  let frame: Omit<ImageHeader, "start"> | undefined;
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) throw faultAt(where, at, "a segment of the JPEG file is damaged", AGAIN);
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // a filling byte
      continue;
    }
    const size = view.getUint16(at + 2);
    // Start of frame: 0xc0 to 0xcf without the tables (c4), the reserved (c8) and the arithmetic conditions (cc).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [bits, height, width] = [view.getUint8(at + 4), view.getUint16(at + 5), view.getUint16(at + 7)];
      frame = { format: "jpeg", width, height, bits, cmyk: view.getUint8(at + 9) === 4 };
    }
    if (marker === 0xda || marker === 0xd9) {
      if (frame === undefined) throw faultAt(where, at, "the JPEG file has no frame before its picture", AGAIN);
      return { ...frame, start: at };
    }
    at += 2 + Math.max(2, size);
  }
}

function png(view: DataView, bytes: Uint8Array, where: string): ImageHeader {
  const [width, height, bits] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  if (text(bytes, 12, 4) !== "IHDR") throw faultAt(where, 12, "the PNG file does not begin with its header", AGAIN);
  return { format: "png", width, height, bits, cmyk: false, start: 33 };
}

function webp(view: DataView, bytes: Uint8Array, where: string): ImageHeader {
  const common = { format: "webp", bits: 8, cmyk: false, start: 30 } as const;
  const kind = text(bytes, 12, 4);
  if (kind === "VP8 ") {
    return { ...common, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (kind === "VP8L") {
    const packed = view.getUint32(21, true);
    return { ...common, width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
  }
  if (kind !== "VP8X") throw faultAt(where, 12, "the WebP file does not begin with a picture", AGAIN);
  const three = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65536 + 1;
  return { ...common, width: three(24), height: three(27) };
}

function gif(view: DataView): ImageHeader {
  return {
    format: "gif",
    width: view.getUint16(6, true),
    height: view.getUint16(8, true),
    bits: 8,
    cmyk: false,
    start: 13,
  };
}
