import { ConfigurationError } from "../errors.ts";
import type { StateDescriptor, StateDescriptors, StateHandles } from "./descriptors.ts";
import { RESERVED_STATE } from "./entry-codec.ts";
import type { KeyContext } from "./key-context.ts";
import type { KeyedTable } from "./keyed-table.ts";
import { type BoundDescriptor } from "./kinds/access.ts";
import type { Slot } from "./layout.ts";

/**
 * The slots that declared states take, in the order of declaration.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a name is one of the engine's own.
 */
export function slotsOf(descriptors: StateDescriptors): Slot[] {
  return Object.entries(descriptors).map(([name, descriptor]) => {
    if (name.startsWith(RESERVED_STATE)) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot declare state "${name}": names that begin with "${RESERVED_STATE}" are the engine's own`,
        { details: { state: name } },
      );
    }
    return { name, kind: bound(descriptor).storage, version: 0 };
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
    handles[name] = bound(descriptor).bind({ table, context, slot });
  });
  return handles as StateHandles<S>;
}

function bound(descriptor: StateDescriptor): BoundDescriptor {
  return descriptor as BoundDescriptor;
}
