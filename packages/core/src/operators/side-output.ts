import { invalidOption } from "../invalid-option.ts";

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
 * @throws {ConfigurationError} OPTION_INVALID if it is no text.
 *
 * @example
 * ```ts
 * import { sideOutput } from "@tidemark/core";
 *
 * const late = sideOutput<{ row: number }>("late");
 * ```
 */
export function sideOutput<T>(name: string): SideOutput<T> {
  const tag = { name };
  nameOfTag("sideOutput", tag);
  return tag;
}

/** @throws {ConfigurationError} OPTION_INVALID if an option is something else than a tag with a name. */
export function nameOfTag(option: string, tag: SideOutput<unknown>): string {
  const { name } = (tag ?? {}) as Partial<SideOutput<unknown>>;
  if (typeof name === "string" && name !== "") return name;
  throw invalidOption(option, tag, 'it takes a tag, such as sideOutput("late")');
}
