/** Upper bounds of the histograms of body sizes, in bytes: the conventions name none, so powers of four. */
export const SIZE_BOUNDARIES: readonly number[] = [
  0, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, 268_435_456,
];
