/** The forms that a column takes in bytes. The numbers are part of the format. */
export const ColumnKind = {
  /** Any values, as one array of the value codec. */
  values: 0,
  /** Integers of 32 bits with a sign, without -0. */
  int32: 1,
  /** Any numbers. */
  float64: 2,
  /** Strings that repeat: each of them once, and which one each place has. */
  strings: 3,
  /** Plain objects with the same keys: a column for each key. */
  objects: 4,
  /** The same value at every place. */
  constant: 5,
} as const;

/** The first byte of an encoded batch. */
export const BATCH_VERSION = 0;

/** How many records an encoded batch has at most. */
export const BATCH_RECORDS_MAX = 65_536;

/** Objects in objects become columns down to here; below, they are values. */
export const COLUMN_DEPTH_MAX = 4;

/** More keys than these are taken for a dictionary's, as the value codec takes them. */
export const COLUMN_KEYS_MAX = 32;

/** Numbers of the value codec's kinds of buffers. */
export const BufferKind = { uint16: 5, int32: 6, float64: 9 } as const;
