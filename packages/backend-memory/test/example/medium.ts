import { CheckpointError, type HeadVersion, type StorePart, type StoreOptions } from "@tidemark/core";

/** All entries at one time. A key is a text of one character for each byte: so it is found, and sorted as its bytes are. */
export type State = ReadonlyMap<string, Uint8Array>;

/** What is left when a process dies. Here it is an object. */
export class Medium {
  job: string | undefined;
  head: HeadVersion | undefined;
  readonly manifests = new Map<string, Uint8Array>();
  /** What stores have sealed, by the names that are their handles. None is ever changed. */
  readonly states = new Map<string, State>();

  /** What a checkpoint holds: of each part what lies in its key groups. */
  load(parts: readonly StorePart[]): State {
    const entries = parts.flatMap(({ keyGroups, handle }) => {
      const found = this.states.get(textOf(handle));
      if (found !== undefined) return [...found].filter(([key]) => isIn({ keyGroups }, key));
      throw new CheckpointError("CHECKPOINT_MISSING", `Cannot read state "${textOf(handle)}": there is none`);
    });
    return new Map(entries);
  }
}

/** Whether a key is of one of these key groups and, where there are prefixes, begins with one of them behind it. */
export function isIn({ keyGroups, prefixes }: Pick<StoreOptions, "keyGroups" | "prefixes">, key: string): boolean {
  const group = key.charCodeAt(0) * 256 + key.charCodeAt(1);
  if (group < keyGroups.first || group > keyGroups.last) return false;
  return prefixes === undefined || prefixes.some((prefix) => key.startsWith(textOf(prefix), 2));
}

export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
