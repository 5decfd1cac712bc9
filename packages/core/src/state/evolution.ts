import { ConfigurationError, messageOf, StateError } from "../errors.ts";
import { fieldLabel } from "./codec/trace.ts";
import type { Key } from "./key-codec.ts";
import { showKey } from "./show.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
import { shapeOf } from "./value-shape.ts";

/**
 * Takes values from one version to the next: the function under `1` turns a value of version 1 into one of version 2. They
 * are plain functions: the same answer for the same value, no effect, and no use of state.
 */
export interface Migrations {
  /** From each version to the next one. What it throws fails the job with the state's name, whatever becomes of dead letters. */
  // A method, so that `old` may be declared as what it was.
  readonly [version: number]: { from(old: unknown): unknown }["from"];
}

/** How a declared state reads what older programs have written. */
export interface EvolutionOptions<T> {
  /** Of the values' shape; raise it when the shape changes. Default: 0. */
  readonly version?: number;
  /** From each older version to the next. Keep them all: an entry stays as it was written until it is written again. */
  readonly migrate?: Migrations;
  /** What a value has to be. Checks what comes out of a checkpoint, and in development each update. */
  readonly schema?: StandardSchema<unknown, T>;
}

/** Which entry a value belongs to. */
export interface ValuePlace {
  readonly operatorId: string;
  readonly state: string;
  /** Absent of operator state. */
  readonly key?: Key;
}

/** Turns values of older versions into values of the declared one, and refuses what does not fit. */
export class Evolution {
  readonly version: number;
  readonly schema: StandardSchema | undefined;
  readonly #migrate: Migrations;

  /** @throws {ConfigurationError} OPTION_INVALID if the version is no whole number, or a migration leads nowhere. */
  constructor({ version = 0, migrate = {}, schema }: EvolutionOptions<unknown>) {
    if (!Number.isSafeInteger(version) || version < 0) {
      throw invalid(`Cannot use version ${version} of a state: it must be a whole number, at least 0`);
    }
    for (const [from, step] of Object.entries(migrate)) {
      if (!(Number(from) < version)) {
        throw invalid(`Cannot migrate a state from version ${from}: it is declared as version ${version}`);
      }
      if (typeof step !== "function") throw invalid(`Cannot migrate a state from version ${from}: give a function`);
    }
    if (schema !== undefined && typeof schema["~standard"]?.validate !== "function") {
      throw invalid("Cannot use this schema: it has no Standard Schema interface (https://standardschema.dev)");
    }
    this.version = version;
    this.schema = schema as StandardSchema | undefined;
    this.#migrate = migrate;
  }

  /** Whether every value that comes out of a checkpoint is to be looked at. */
  get checks(): boolean {
    return this.schema !== undefined;
  }

  /** A value as messages show it. */
  describe(value: unknown): string {
    return shapeOf(value);
  }

  /** Whether values of this version can be read: there is a migration from each version on the way. */
  reads(version: number): boolean {
    for (let at = version; at < this.version; at++) if (this.#migrate[at] === undefined) return false;
    return version <= this.version;
  }

  /** The versions that can be read. */
  get readable(): readonly number[] {
    const versions = [this.version];
    while (this.#migrate[(versions[0] as number) - 1] !== undefined) versions.unshift((versions[0] as number) - 1);
    return versions;
  }

  /**
   * A value of an older version as one of the declared version.
   *
   * @throws {StateError} STATE_INCOMPATIBLE if a migration throws, or the schema refuses what came out, with both shapes.
   */
  read(value: unknown, version: number, place: ValuePlace): unknown {
    let next = value;
    for (let at = version; at < this.version; at++) next = this.#step(next, at, place);
    return this.#validated(next, value, version, place);
  }

  /** @throws {StateError} STATE_INCOMPATIBLE if the schema refuses a value that user code has just written. */
  check(value: unknown, place: ValuePlace): void {
    const issues = this.#judge(value, place)?.issues;
    if (issues === undefined) return;
    throw refused(`Cannot keep ${shapeOf(value)}`, "update with a value that fits", issues, place);
  }

  #step(value: unknown, from: number, place: ValuePlace): unknown {
    try {
      return this.#migrate[from]?.(value);
    } catch (error) {
      throw failed(`the migration of ${nameOf(place)} from version ${from} to ${from + 1}`, place, error);
    }
  }

  #validated(value: unknown, stored: unknown, version: number, place: ValuePlace): unknown {
    const result = this.#judge(value, place);
    if (result === undefined) return value;
    if (result.issues === undefined) return result.value;
    const after = version === this.version ? "" : `, which becomes ${shapeOf(value)}`;
    const what = `Cannot read a stored value: found ${shapeOf(stored)} of version ${version}${after}`;
    throw refused(what, "raise the version and give a migration", result.issues, place);
  }

  #judge(value: unknown, place: ValuePlace): SchemaResult<unknown> | undefined {
    let result: SchemaResult<unknown> | PromiseLike<SchemaResult<unknown>> | undefined;
    try {
      result = this.schema?.["~standard"].validate(value);
    } catch (error) {
      throw failed(`the schema of ${nameOf(place)}`, place, error);
    }
    if (result === undefined || !("then" in result)) return result;
    // Nobody waits for it: what it rejects with would end the process in the place of the job.
    result.then(undefined, () => undefined);
    throw failed(`the schema of ${nameOf(place)}`, place);
  }
}

/** `state "total" of operator "count"`. */
function nameOf({ operatorId, state }: ValuePlace): string {
  return `state "${state}" of operator "${operatorId}"`;
}

/** `, key "a",` where there is one. */
function keyOf({ key }: ValuePlace): string {
  return key === undefined ? "" : `, key ${showKey(key)},`;
}

/** What no record is to blame for, so that no dead letter takes its place. Without `thrown`, it has answered with a promise. */
function failed(what: string, { operatorId, state }: ValuePlace, ...thrown: readonly [unknown?]): StateError {
  const how =
    thrown.length > 0 ? `threw: ${messageOf(thrown[0])}` : "validates asynchronously, and state is read at once";
  const details = { operator: operatorId, state };
  return new StateError("STATE_INCOMPATIBLE", `Cannot go on: ${what} ${how}`, { cause: thrown[0], details });
}

function refused(what: string, hint: string, issues: readonly SchemaIssue[], place: ValuePlace): StateError {
  const said = issues.slice(0, 3).map((issue) => `${pathOf(issue)}: ${issue.message}`);
  return new StateError(
    "STATE_INCOMPATIBLE",
    `${what}, and the schema of ${nameOf(place)}${keyOf(place)} refuses it: ${said.join("; ")}. To go on, ${hint}`,
    {
      details: {
        operator: place.operatorId,
        state: place.state,
        ...(place.key === undefined ? {} : { key: place.key }),
        issues: issues.map((issue) => ({ path: pathOf(issue), message: issue.message })),
      },
    },
  );
}

function pathOf({ path = [] }: SchemaIssue): string {
  const keys = path.map((step) => (typeof step === "object" ? step.key : step));
  return `$${keys.map((key) => (typeof key === "number" ? `[${key}]` : fieldLabel(String(key)))).join("")}`;
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", message);
}
