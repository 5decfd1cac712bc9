import type { AnySink } from "../connect/sink.ts";
import type { AnySource } from "../connect/source.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import type { OperatorFactory } from "../operators/operator.ts";
import type { Partitioner } from "../operators/partition.ts";
import type { DeclaredShape } from "../state/declared-shape.ts";
import type { KeyShape } from "../state/key-shape.ts";

/** How the records of an edge are dealt out to the subtasks of the next operator. */
export type Partitioning =
  | { readonly kind: "forward" }
  | { readonly kind: "hash"; readonly keyOf: KeySelector; readonly keyType?: KeyShape | undefined }
  | { readonly kind: "rebalance" }
  | { readonly kind: "custom"; readonly choose: Partitioner }
  | { readonly kind: "broadcast" };

/** An edge into a node. */
export interface LogicalEdge {
  /** The node whose output it carries. */
  readonly from: LogicalNode;
  /** The side output it reads; `undefined`: the main output. */
  readonly side: string | undefined;
  /** Which input of the node it feeds. */
  readonly input: number;
  /** How its records are dealt out to the subtasks of the node it leads to. */
  readonly partitioning: Partitioning;
}

/** What takes time and lateness from the records of a source. */
export interface EventTimeSpec {
  /** `undefined`: the timestamps that the source itself gives. */
  readonly timestampOf: ((value: unknown) => number) | undefined;
  /**
   * What a record says about the time that its split has reached with it, if it says anything; `"none"`: nothing does.
   * `undefined`: the greatest timestamp and the bound do.
   */
  readonly punctuation?: ((value: unknown, timestamp: number) => number | undefined) | "none" | undefined;
  /** How far a record may lie behind the greatest timestamp of its split without being late. */
  readonly outOfOrderMs: number;
  /** The sources whose event times are kept together, and how far this one may be ahead of them. */
  readonly alignment?: { readonly group: string; readonly maxDriftMs: number } | undefined;
  /** After how long without records a split no longer holds back the others. `undefined`: it always does. */
  readonly idleAfterMs: number | undefined;
}

/** What an operator does. */
export interface OperatorWork {
  readonly kind: "operator";
  readonly create: OperatorFactory;
  readonly keyed: boolean;
  readonly stateful: boolean;
  /** The side output for what the step cannot handle. Default: the first such record fails the job. */
  readonly deadLetters?: string | undefined;
  /** The names of all other side outputs it may have. Default: any. */
  readonly sides?: readonly (string | undefined)[] | undefined;
  /** The names of those of them that take records which come too late: somebody has to read them. Default: none. */
  readonly late?: readonly (string | undefined)[] | undefined;
  /** Why its results may depend on timing. `undefined`: they do not, or nothing is known of it. */
  readonly timing?: string | undefined;
  /** `any`: nothing is known to depend on the order of its records that `timing` does not tell. Default: what it keeps may. */
  readonly order?: "any" | undefined;
  /** Its states, as declared. Default: not known. */
  readonly states?: readonly DeclaredShape[] | undefined;
  /** What its subtasks keep besides keys, as declared. Default: nothing. */
  readonly operatorStates?: readonly DeclaredShape[] | undefined;
}

/** What a node does. */
export type NodeWork =
  | {
      readonly kind: "source";
      readonly source: AnySource<unknown>;
      readonly eventTime: EventTimeSpec | undefined;
      /** The side output for records that the source rejects. `undefined`: a rejected record fails the job. */
      readonly deadLetters: string | undefined;
    }
  | OperatorWork
  | { readonly kind: "sink"; readonly sink: AnySink<unknown>; readonly create: OperatorFactory };

/** A step of a pipeline as its author wrote it. */
export interface LogicalNode {
  /** Given by the author where state, positions or commits hang on it; otherwise derived from the place. */
  readonly id: string;
  /** What it is called in plans: `window tumbling 1h`. */
  readonly label: string;
  /** What it does: a source, an operator or a sink, with all that is needed to run it. */
  readonly work: NodeWork;
  /** What the author asked for; `undefined`: that of the job. */
  readonly parallelism: number | undefined;
  /** What it reads. Empty for a source. */
  readonly inputs: readonly LogicalEdge[];
}

/** Whether a step has an output for records that it cannot handle. */
export function setsAside({ work }: LogicalNode): boolean {
  return work.kind !== "sink" && work.deadLetters !== undefined;
}

/** A pipeline as its author wrote it: the nodes in the order in which they were made. */
export interface LogicalGraph {
  /** Names the job's state for ever. */
  readonly name: string;
  /** Whether it is a part of a pipeline, apart from the rest: what its steps set aside may be read by that. Default: it is all. */
  readonly isPart?: boolean;
  /** In the order in which they were written: each reads only nodes before it. */
  readonly nodes: readonly LogicalNode[];
}
