/** @file Sound and pictures as numbers: what readers give and transforms take. */

/** Sound as samples. */
export interface Audio {
  /** Samples a second of each channel. */
  readonly rate: number;
  /** A channel [samples] each; all have the same length. PCM lies in [-1, 1). */
  readonly channels: readonly Float32Array[];
}

/** A picture of 8 bits a value, row by row from the top: [height, width, channels]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 is red, green, blue. */
  readonly channels: number;
  readonly data: Uint8Array;
}
