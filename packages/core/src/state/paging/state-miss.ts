import type { Key } from "../key-codec.ts";
import type { Row } from "../row.ts";

/** An entry of a row: its value in a slot, or with a subkey an entry of a map. */
export interface NeededEntry {
  readonly row: Row;
  readonly slot: number;
  readonly subkey: Key | undefined;
}

/** All entries of a map of a row. */
export interface NeededMap {
  readonly row: Row;
  readonly slot: number;
}

/** What has to be in memory before a record can go on. */
export interface Needs {
  readonly entries: readonly NeededEntry[];
  readonly maps: readonly NeededMap[];
}

/**
 * Thrown into user code where state is not in memory and cannot be read at once: the record is undone, what it needs is
 * loaded, and it is run again. No error: it never leaves the operator.
 */
export class StateMiss extends Error {
  override readonly name = "StateMiss";
  readonly needs: Needs;

  constructor(needs: Needs) {
    super("State is being loaded: this call is made again when it is there. Let what is thrown here pass");
    this.needs = needs;
  }
}
