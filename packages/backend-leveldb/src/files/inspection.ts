import type { Directory } from "../directory.ts";
import type { HeadWitness } from "../head-witness.ts";

/** What is looked through. */
export interface Inspection {
  readonly directory: Directory;
  /** What messages call the database. */
  readonly name: string;
  readonly witness: HeadWitness;
}
