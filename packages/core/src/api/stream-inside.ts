import type { LogicalNode } from "../graph/logical.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import { shown } from "../shown.ts";
import type { GraphDraft, StreamEnd } from "./graph-draft.ts";
import type { Stream } from "./streams/stream.ts";

/** What a stream stands for, for functions that are no methods of it. */
export interface StreamInside {
  readonly draft: GraphDraft;
  readonly ends: readonly StreamEnd[];
  /** `undefined`: the stream has no keys. */
  readonly keyOf: KeySelector | undefined;
  /** The stream that begins at a node just added. */
  readonly streamFrom: (draft: GraphDraft, node: LogicalNode) => Stream<unknown>;
}

/** The name of a stream's inside: a symbol, so that it is none of the user's, and the same in every copy of the engine. */
export const INSIDE: unique symbol = Symbol.for("tidemark.inside");

/** What every stream of the engine has. */
export interface HasInside {
  readonly [INSIDE]: StreamInside;
}

/**
 * What a stream stands for.
 *
 * @throws {TypeError} if it is none: a step for `pipe` was given to another method, such as `map`.
 */
export function insideOf(stream: object): StreamInside {
  const inside = (stream as Partial<HasInside> | null | undefined)?.[INSIDE];
  if (inside !== undefined) return inside;
  throw new TypeError(`Cannot put a step behind ${shown(stream)}: it is no stream. Such steps go into pipe(id, ...)`);
}
