/** The type of a key as a program tells it: `"string"`, or a tuple such as `["string", "number"]`. */
export type KeyShape = "string" | "number" | "bigint" | "boolean" | "null" | "date" | "bytes" | readonly KeyShape[];
