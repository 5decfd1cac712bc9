import { ConfigurationError } from "../errors.ts";
import { invalidOption } from "../invalid-option.ts";
import type { StateDescriptors, StateHandles } from "./descriptors.ts";
import { RESERVED_STATE } from "./entry-codec.ts";
import type { KeyContext } from "./key-context.ts";
import type { KeyedTable } from "./keyed-table.ts";
import type { DeclaredState } from "./kinds/declare.ts";
import type { Slot } from "./layout.ts";
import type { Reads } from "./paging/stored-sweep.ts";
import type { TtlSweep } from "./ttl-sweep.ts";

/**
 * The slots that declared states take, in the order of declaration.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a name is one of the engine's own.
 */
export function slotsOf(descriptors: StateDescriptors): Slot[] {
  return statesIn(descriptors).map(([name, descriptor]) => {
    if (Object(descriptor) !== descriptor) {
      throw invalidOption(`state "${name}"`, descriptor, "it is made by valueState");
    }
    const { slot } = descriptor as Partial<DeclaredState>;
    if (slot === undefined) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot declare state "${name}" by key: ${descriptor.kind} state is that of a subtask. Declare it by valueState or another kind of keyed state`,
        { details: { state: name } },
      );
    }
    return { name, ...slot };
  });
}

/**
 * Declared states with their names.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a name is one of the engine's own, or none that a property can have.
 */
export function statesIn<D>(
  descriptors: Readonly<Record<string, D>>,
): readonly (readonly [name: string, descriptor: D])[] {
  const states = Object.entries(descriptors);
  for (const [name] of states) {
    if (name.startsWith(RESERVED_STATE)) {
      throw unnameable(name, `names that begin with "${RESERVED_STATE}" are the engine's own`);
    }
  }
  // Written down as it stands, `__proto__` is not even a name: it says what the other states inherit.
  const inherited = Object.getPrototypeOf(descriptors) as object | null;
  if (Object.hasOwn(descriptors, "__proto__") || (inherited !== null && Object.hasOwn(inherited, "kind"))) {
    throw unnameable("__proto__", "for JavaScript that is the prototype of an object. Give it another name");
  }
  return states;
}

function unnameable(name: string, why: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot declare state "${name}": ${why}`, {
    details: { state: name },
  });
}

/** The handles of declared states over a table whose first slots are {@link slotsOf} them. */
export function bindHandles<S extends StateDescriptors>(
  descriptors: S,
  table: KeyedTable,
  context: KeyContext,
): StateHandles<S> {
  const handles: Record<string, unknown> = {};
  Object.entries(descriptors).forEach(([name, descriptor], slot) => {
    handles[name] = (descriptor as DeclaredState).bind({ table, context, slot });
  });
  return handles as StateHandles<S>;
}

/** What removes the expired entries of declared states; `undefined` if none has a time to live. */
export function bindSweep(
  descriptors: StateDescriptors,
  table: KeyedTable,
  { now }: KeyContext,
  reads: Reads,
): TtlSweep | undefined {
  for (const descriptor of Object.values(descriptors)) {
    const { sweep } = descriptor as DeclaredState;
    if (sweep !== undefined) return sweep(table, now, reads);
  }
  return undefined;
}
