import type { StateDescriptors, StateHandles } from "../../state/descriptors.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { SideOutput } from "../side-output.ts";

/** What a window process sees while it is called. Everything is about the current key and window. */
export interface WindowContext<K, S extends StateDescriptors, G extends StateDescriptors> {
  /** The key whose window is fired. */
  readonly key: K;
  /** The window that is fired, from its start up to but without its end, in milliseconds since the epoch. */
  readonly window: TimeWindow;
  /** The event time reached: no record at or before it follows, but for late ones. */
  readonly watermark: number;
  /** State of this key and window. It goes when the window does. */
  readonly windowState: StateHandles<S>;
  /** State of this key that all its windows share. It stays until it is cleared. */
  readonly globalState: StateHandles<G>;
  /** Processing time, in milliseconds since the epoch. Results that depend on it depend on timing. */
  now(): number;
  /** Emits a value into a side output. */
  output<V>(tag: SideOutput<V>, value: V): void;
}

/**
 * Makes results of a window when it is fired.
 *
 * @typeParam V what it gets: the result of an aggregate, or all records of the window. @typeParam K the key.
 * @typeParam R its results. @typeParam S its state per window. @typeParam G its state across windows.
 */
export interface WindowProcess<
  V,
  K,
  R,
  S extends StateDescriptors = StateDescriptors,
  G extends StateDescriptors = StateDescriptors,
> {
  /** The states of each window, declared once: `{ firings: valueState(0) }`. Not for windows that merge. */
  readonly windowState?: S;
  /** The states that all windows of a key share. */
  readonly globalState?: G;
  /**
   * Called each time a window with something in it is fired.
   *
   * @returns the results: any number of them.
   */
  onWindow(value: V, context: WindowContext<K, S, G>): readonly R[];
}

/** Any window process, for the engine. */
export type AnyWindowProcess = WindowProcess<unknown, unknown, unknown>;
