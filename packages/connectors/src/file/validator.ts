import { ConfigurationError } from "@tidemark/core";
import { invalidOption } from "@tidemark/core/internal";

/** The part of a Standard Schema (https://standardschema.dev) that is used here: Zod, Valibot, ArkType and others have it. */
export interface StandardSchema<T> {
  /** The interface itself, under the name that the standard gives it. */
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>;
    readonly types?: { readonly output: T } | undefined;
  };
}

/** What a Standard Schema answers. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** Checks a value: a function that returns the record or throws, or a Standard Schema that answers at once. */
export type Validator<T> = ((value: unknown) => T) | StandardSchema<T>;

function pathOf(path: readonly unknown[] | undefined): string {
  const keys = (path ?? []).map((part) =>
    typeof part === "object" && part !== null && "key" in part ? String(part.key) : String(part),
  );
  return keys.length === 0 ? "" : ` at ${keys.join(".")}`;
}

/** The validator as a function that returns the record, or throws an error whose message is the reason. */
export function checker<T>(validator: Validator<T> | undefined): (value: unknown) => T {
  // Without a validator the caller's type argument is a promise of the caller's.
  if (validator === undefined) return (value) => value as T;
  if (typeof validator === "function") return validator;
  const { validate } = (validator as StandardSchema<T> | null)?.["~standard"] ?? {};
  if (validate === undefined) throw invalidOption("validate", validator, "it is a function, or a Standard Schema");
  return (value) => {
    const result = validate(value);
    if (result instanceof Promise) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        "Cannot use validate: the schema answers with a promise; records are checked at once, so give a synchronous one",
      );
    }
    if (result.issues === undefined) return result.value;
    throw new Error(result.issues.map(({ message, path }) => `${message}${pathOf(path)}`).join("; "));
  };
}
