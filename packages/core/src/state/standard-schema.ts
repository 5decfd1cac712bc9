/**
 * The Standard Schema interface, version 1, as far as state uses it: what Zod, Valibot, ArkType and others have in
 * common. Declared here so that neither side depends on the other. See https://standardschema.dev
 *
 * @typeParam Input what it takes. @typeParam Output what it gives.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The interface itself, under the name that the standard gives it. */
  readonly "~standard": {
    readonly version: 1;
    /** The library that it comes from. */
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** Carries the types; never set. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** The shape as a JSON Schema, where the library can tell it (Standard JSON Schema, version 1). May throw. */
    readonly jsonSchema?:
      | { readonly output: (options: { readonly target: "draft-2020-12" }) => Readonly<Record<string, unknown>> }
      | undefined;
  };
}

/** What a schema says of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that a schema has against a value. */
export interface SchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** Where in the value it is wrong, from the outside inwards. Absent: the value as a whole. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
