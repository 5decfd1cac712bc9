/**
 * The names of what a checkpoint writes. They begin with generation and epoch, so that a sweep can tell from a name alone
 * whether something may still be pending.
 *
 * @module
 */

/** Who wrote something, and for which epoch. */
export interface NameOrigin {
  readonly generation: number;
  readonly epoch: number;
}

/** The piece of a segment that one seal of one store writes. */
export interface SegmentOrigin extends NameOrigin {
  readonly owner: string;
  readonly piece: number;
}

const DIGITS = 16;
const PREFIX = /^([0-9]{1,16})-([0-9]{1,16})(?:-|$)/;

/** `<generation>-<epoch>-<owner>-<piece>`: 16 digits, 16 digits, percent-encoded, a number. */
export function segmentName(origin: SegmentOrigin): string {
  return `${digits(origin.generation)}-${digits(origin.epoch)}-${encodeURIComponent(origin.owner)}-${origin.piece}`;
}

/** What the name of a segment or a manifest says; `undefined` if it is not one of ours: then it is nobody's to delete. */
export function nameOrigin(name: string): NameOrigin | undefined {
  const found = PREFIX.exec(name);
  if (found === null) return undefined;
  return { generation: Number(found[1]), epoch: Number(found[2]) };
}

function digits(value: number): string {
  return String(value).padStart(DIGITS, "0");
}
