/**
 * The names of what a checkpoint writes. They begin with generation and epoch, so that a sweep can tell from a name alone
 * whether something may still be pending.
 *
 * @module
 */

/** Who wrote something, and for which epoch. */
export interface NameOrigin {
  /** That of the attempt. */
  readonly generation: number;
  /** The epoch: a checkpoint's id. */
  readonly epoch: number;
}

/** An object that holds segments. */
export interface ObjectOrigin extends NameOrigin {
  /** Drawn by chance when the session began: two sessions never write the same name. */
  readonly session: string;
  /** Counts the objects of the session. */
  readonly number: number;
}

const DIGITS = 16;
const PREFIX = /^([0-9]{1,16})-([0-9]{1,16})(?:-|$)/;

/** `<generation>-<epoch>-<session>-<number>`: 16 digits, 16 digits, 8 hexadecimal digits, a number. */
export function objectName(origin: ObjectOrigin): string {
  return `${digits(origin.generation)}-${digits(origin.epoch)}-${origin.session}-${origin.number}`;
}

/** What the name of an object or a manifest says; `undefined` if it is not one of ours: then it is nobody's to delete. */
export function nameOrigin(name: string): NameOrigin | undefined {
  const found = PREFIX.exec(name);
  if (found === null) return undefined;
  return { generation: Number(found[1]), epoch: Number(found[2]) };
}

function digits(value: number): string {
  return String(value).padStart(DIGITS, "0");
}
