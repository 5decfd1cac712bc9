import type { LogicalNode } from "../graph/logical.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import type { GraphDraft, StreamEnd } from "./graph-draft.ts";
import type { Stream } from "./stream.ts";

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

/** What a stream stands for. */
export function insideOf(stream: object): StreamInside {
  return (stream as HasInside)[INSIDE];
}
