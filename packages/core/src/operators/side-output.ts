/** Names a second stream that an operator emits, with the type of what is in it. */
export interface SideOutput<T> {
  /** Tells it from the other side outputs of its step. */
  readonly name: string;
  /** Carries the type; never set. */
  readonly type?: T;
}

/**
 * Makes a tag for a side output.
 *
 * @param name unique among the side outputs of an operator.
 *
 * @example
 * ```ts
 * import { sideOutput } from "@tidemark/core";
 *
 * const late = sideOutput<{ row: number }>("late");
 * ```
 */
export function sideOutput<T>(name: string): SideOutput<T> {
  return { name };
}
