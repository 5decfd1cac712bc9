import type { StateDescriptors, StateHandles } from "../../state/descriptors.ts";
import { bindHandles, bindSweep, slotsOf } from "../../state/handles.ts";
import { KeyContext } from "../../state/key-context.ts";
import { type KeyedTable, NO_NAMESPACE } from "../../state/keyed-table.ts";
import type { Slot } from "../../state/layout.ts";
import type { Row } from "../../state/row.ts";
import type { TtlSweep } from "../../state/ttl-sweep.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { bindMethods } from "../bind-methods.ts";
import type { BatchBuffer } from "../batch-buffer.ts";
import type { OperatorContext } from "../operator.ts";
import { inTurn } from "../callbacks.ts";
import { iterable } from "../iterable.ts";
import type { SideOutput } from "../side-output.ts";
import type { StateGate } from "../state-gate.ts";
import type { AnyWindowProcess, WindowContext } from "./window-process.ts";

/** A window that is being fired. */
export interface FiredWindow {
  readonly row: Row;
  readonly window: TimeWindow;
  readonly watermark: number;
  /** The time that results get. */
  readonly timestamp: number;
}

/** What becomes of the value of a window that is fired. */
export interface WindowEmitter {
  fire(fired: FiredWindow, value: unknown): void;
  /** Emits the next of the results that are left of windows that were fired. False: there are none. */
  emitNext?(): boolean;
  /** Whether none are left. Default: none ever are. */
  readonly isEmpty?: boolean;
  /** The call that has left them is taken back. */
  forget?(): void;
}

/** Whether nothing of what was called before is left. */
export function isAtRest(buffer: BatchBuffer, gate: StateGate | undefined, { isEmpty = true }: WindowEmitter): boolean {
  return buffer.isEmpty && isEmpty && gate?.isWaiting !== true;
}

/** Emits the value with its key and window. */
export function resultEmitter(buffer: BatchBuffer): WindowEmitter {
  return {
    fire: ({ row, window, timestamp }, value) => buffer.emit({ key: row.key, window, value: inTurn(value) }, timestamp),
  };
}

/** How many cells are looked at for expired entries before each window that is fired. */
const SWEPT_PER_WINDOW = 64;

const PER_WINDOW = "window.";
const ACROSS_WINDOWS = "global.";

/** The states that a process declares, of both kinds, by names that tell them apart. */
function statesOf({ windowState = {}, globalState = {} }: AnyWindowProcess): StateDescriptors {
  const named = (prefix: string, states: StateDescriptors): StateDescriptors => {
    // For its refusal of names that are not the user's to give.
    slotsOf(states);
    return Object.fromEntries(Object.entries(states).map(([name, state]) => [prefix + name, state]));
  };
  return { ...named(PER_WINDOW, windowState), ...named(ACROSS_WINDOWS, globalState) };
}

/** The slots of a process's states: they come before all others. */
export function processSlots(process: AnyWindowProcess | undefined): Slot[] {
  return process === undefined ? [] : slotsOf(statesOf(process));
}

/** Hands the value to a process. */
export class ProcessEmitter implements WindowEmitter, WindowContext<unknown, StateDescriptors, StateDescriptors> {
  readonly windowState: StateHandles<StateDescriptors>;
  readonly globalState: StateHandles<StateDescriptors>;
  readonly #process: AnyWindowProcess;
  readonly #table: KeyedTable;
  readonly #buffer: BatchBuffer;
  readonly #now: () => number;
  readonly #sweep: TtlSweep | undefined;
  readonly #ofWindow: KeyContext;
  readonly #ofKey: KeyContext;
  #fired: FiredWindow | undefined;

  constructor(
    process: AnyWindowProcess,
    operatorId: string,
    table: KeyedTable,
    buffer: BatchBuffer,
    { env, requests }: Pick<OperatorContext, "env" | "requests">,
  ) {
    this.#process = process;
    this.#table = table;
    this.#buffer = buffer;
    this.#now = () => env.now();
    const surroundings = { now: this.#now, strict: env.development ?? false };
    this.#ofWindow = new KeyContext(operatorId, surroundings);
    this.#ofKey = new KeyContext(operatorId, surroundings);
    const states = statesOf(process);
    this.#sweep = bindSweep(states, table, this.#ofKey, requests);
    this.windowState = withPrefix(PER_WINDOW, bindHandles(states, table, this.#ofWindow));
    this.globalState = withPrefix(ACROSS_WINDOWS, bindHandles(states, table, this.#ofKey));
    bindMethods<ProcessEmitter>(this, "now", "output");
  }

  /**
   * Calls the process. The row of the window is not empty while it does; the row of the key may become so and be used
   * again, so that is the one to be held.
   */
  fire(fired: FiredWindow, value: unknown): void {
    this.#sweep?.step(SWEPT_PER_WINDOW);
    this.#fired = fired;
    this.#ofWindow.row = fired.row;
    if (this.#process.globalState !== undefined) {
      const row = this.#table.row(this.#table.space(NO_NAMESPACE), fired.row.key);
      this.#table.hold(row);
      this.#ofKey.row = row;
    }
    try {
      for (const result of iterable(this.#process.onWindow(value, this))) this.#buffer.emit(result, fired.timestamp);
    } finally {
      this.#table.hold(fired.row);
      this.#fired = undefined;
      this.#ofWindow.row = undefined;
      this.#ofKey.row = undefined;
    }
  }

  get #current(): FiredWindow {
    if (this.#fired === undefined) throw new TypeError("Cannot use the context of a window after its call has ended");
    return this.#fired;
  }

  get key(): unknown {
    return this.#current.row.key;
  }

  get window(): TimeWindow {
    return this.#current.window;
  }

  get watermark(): number {
    return this.#current.watermark;
  }

  now(): number {
    return this.#now();
  }

  output<V>(tag: SideOutput<V>, value: V): void {
    this.#buffer.emitSide(tag.name, value, this.#current.timestamp);
  }
}

function withPrefix(prefix: string, handles: StateHandles<StateDescriptors>): StateHandles<StateDescriptors> {
  return Object.fromEntries(
    Object.entries(handles).flatMap(([name, handle]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), handle]] : [],
    ),
  );
}
