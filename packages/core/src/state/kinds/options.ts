import { Evolution, type EvolutionOptions } from "../evolution.ts";
import { timeToLive, type TtlOptions } from "../ttl.ts";
import { TtlSweep } from "../ttl-sweep.ts";
import type { Declaration } from "./declare.ts";
import { LastingAccess } from "./lasting-access.ts";

/**
 * What a declared state can be given.
 *
 * @typeParam T what it keeps: the value, an item, the value of an entry, or the accumulator.
 */
export interface StateOptions<T> extends EvolutionOptions<T> {
  /** When entries expire. Default: never. */
  readonly ttl?: TtlOptions;
}

/**
 * A declaration with options.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 */
export function withOptions<T>(declaration: Declaration, { ttl, ...evolution }: StateOptions<T>): Declaration {
  const { version = 0, migrate, schema } = evolution;
  const evolves = version !== 0 || migrate !== undefined || schema !== undefined;
  if (ttl === undefined && !evolves) return declaration;
  return {
    ...declaration,
    version,
    ttl: ttl === undefined ? undefined : timeToLive(ttl),
    evolution: evolves ? new Evolution(evolution as EvolutionOptions<unknown>) : undefined,
    sweep: ttl === undefined ? undefined : (table, now, reads) => new TtlSweep(table, now, reads),
    access: (place) => new LastingAccess(place),
  };
}
