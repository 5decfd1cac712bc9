import { ConfigurationError } from "../../errors.ts";
import { statesIn } from "../handles.ts";
import type { DeclaredShape } from "../declared-shape.ts";
import { StateBudget } from "./budget.ts";
import type {
  BoundState,
  DeclaredOperatorState,
  OperatorStateDescriptors,
  OperatorStateHandles,
} from "./descriptors.ts";
import { ItemCodec } from "./item-codec.ts";
import { BROADCAST_KIND, type StateItems, type StoredOperatorState } from "./stored.ts";
import { UndoLog } from "./undo-log.ts";

/**
 * What operator states are declared as.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a name is one of the engine's own, or a state is kept by key.
 */
export function operatorShapes(operatorId: string, descriptors: OperatorStateDescriptors): readonly DeclaredShape[] {
  return statesIn(descriptors).map(([name, descriptor]) => {
    const { kind, version, evolution, bind } = descriptor as Partial<DeclaredOperatorState>;
    // Those of keyed state bind too, but to a slot of a table.
    if (kind === undefined || version === undefined || bind === undefined || "slot" in descriptor) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot declare state "${name}" of "${operatorId}": there is no key here to keep it by. Put keyBy(...) before the step, or ` +
          "declare it by splitListState, unionListState or broadcastState of @tidemark/core/state",
        { details: { operator: operatorId, state: name } },
      );
    }
    return {
      name,
      kind,
      version,
      readable: evolution?.readable ?? [version],
      schema: evolution?.schema,
      expires: false,
    };
  });
}

/** How {@link OperatorStates} are bound. */
export interface OperatorStatesOptions {
  /** Whether mistakes are looked for. Default: false. */
  readonly strict?: boolean;
  /** Default: `OPERATOR_STATE_LIMIT_BYTES`. */
  readonly limitBytes?: number;
}

/** The operator states of one subtask. */
export class OperatorStates<S extends OperatorStateDescriptors = OperatorStateDescriptors> {
  readonly handles: OperatorStateHandles<S>;
  /** The handles where broadcast states can only be read. */
  readonly readers: OperatorStateHandles<S>;
  readonly #states: readonly {
    readonly name: string;
    readonly declared: DeclaredOperatorState;
    readonly bound: BoundState;
  }[];

  readonly #log = new UndoLog();

  constructor(operatorId: string, descriptors: S, { strict = false, limitBytes }: OperatorStatesOptions = {}) {
    const budget = new StateBudget(operatorId, limitBytes);
    const log = this.#log;
    this.#states = Object.entries(descriptors).map(([name, descriptor]) => {
      const declared = descriptor as DeclaredOperatorState;
      const { version, evolution } = declared;
      const values = new ItemCodec({ place: { operatorId, state: name }, version, evolution, strict });
      return { name, declared, bound: declared.bind({ values, budget, log }) };
    });
    const named = (of: "handle" | "reader"): OperatorStateHandles<S> =>
      Object.fromEntries(this.#states.map(({ name, bound }) => [name, bound[of]])) as OperatorStateHandles<S>;
    this.handles = named("handle");
    this.readers = named("reader");
  }

  /** Takes the share of a subtask in what was stored. States that are not declared any more have been refused before. */
  restore({ parallelism: before, states }: StoredOperatorState, subtask: number, parallelism: number): void {
    let first = 0;
    for (const stored of states) {
      const state = this.#states.find(({ name }) => name === stored.name);
      state?.bound.restore(stored, { subtask, parallelism, before, first });
      if (stored.kind === BROADCAST_KIND) continue;
      first += stored.parts.reduce((sum, { items }) => sum + items.length, 0);
    }
  }

  /** Makes a call that writes to them; nothing of that remains if it throws. */
  atomically(call: () => void): void {
    this.#log.atomically(call);
  }

  /** Freezes all of them, in constant time. What it returns says what they held then. */
  freeze(): () => readonly StateItems[] {
    const frozen = this.#states.map(({ name, declared: { kind, version }, bound }) => {
      const items = bound.freeze();
      return (): StateItems => ({ name, kind, version, items: items() });
    });
    return () => frozen.map((items) => items());
  }
}
