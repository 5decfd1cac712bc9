/**
 * The first byte of a value. Below `shortString` it is the integer itself; from `shortString` on a string of up to 63
 * ASCII characters; from `shapeReference` on an object with the keys of one that came before.
 */
export const ValueTag = {
  shortString: 0x80,
  undefined: 0xc0,
  null: 0xc1,
  false: 0xc2,
  true: 0xc3,
  integer: 0xc4,
  float: 0xc5,
  string: 0xc6,
  bigint: 0xc7,
  date: 0xc8,
  bytes: 0xc9,
  buffer: 0xca,
  array: 0xcb,
  sparseArray: 0xcc,
  hole: 0xcd,
  map: 0xce,
  set: 0xcf,
  object: 0xd0,
  nullObject: 0xd1,
  instance: 0xd2,
  shapeReference: 0xe0,
} as const;

/** Strings below this length have it in their tag. */
export const SHORT_STRING_LIMIT = 64;

/** How deep values may be nested; also what stops a cycle. */
export const VALUE_DEPTH_MAX = 1000;

/** How many holes all arrays of one value may have together: a hole costs memory, and no bytes. */
export const VALUE_HOLES_MAX = 1_048_576;
