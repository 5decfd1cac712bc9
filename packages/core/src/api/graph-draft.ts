import { ConfigurationError } from "../errors.ts";
import { checkFunction } from "../invalid-option.ts";
import type { LogicalEdge, LogicalNode, NodeWork } from "../graph/logical.ts";
import type { Guarantee } from "./guarantee.ts";
import { nameOfTag, type SideOutput } from "../operators/side-output.ts";
import type { StepOptions } from "./step-options.ts";

/** The nodes of a pipeline while it is being written. */
export interface GraphDraft {
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly nodes: LogicalNode[];
  /** The pipes that are being written, from the outermost to the innermost, and how each of them is called in full. */
  readonly open: string[];
  /** Every pipe there has been, in full. */
  readonly pipes: Set<string>;
}

/** What a step reads: the output of a node, and how its records are dealt out. */
export type StreamEnd = Omit<LogicalEdge, "input">;

/** The options of any step, whatever its records. */
export type AnyStepOptions = StepOptions & { readonly deadLetters?: SideOutput<unknown> };

/** A node that is to be added. */
export interface NodeSpec {
  /** As {@link idIn} makes it; `null`: derived from the place, for steps that keep nothing. */
  readonly id: string | null;
  readonly label: string;
  readonly work: (id: string) => NodeWork;
  readonly options: AnyStepOptions | undefined;
}

/** Begins a pipeline. */
export function newDraft(name: string, guarantee: Guarantee): GraphDraft {
  return { name, guarantee, nodes: [], open: [], pipes: new Set() };
}

/**
 * An id in full: with those of the pipes that it is given in. An empty one stays empty, for the planner to find.
 *
 * @throws {ConfigurationError} ID_MISSING if there is something else in its place.
 */
export function idIn({ name, open }: GraphDraft, id: string): string {
  if (typeof id !== "string") {
    throw new ConfigurationError(
      "ID_MISSING",
      `Cannot plan pipeline "${name}": a step has no id. Its state is found again by the id after a restart: give it one`,
    );
  }
  const outer = open.at(-1);
  return outer === undefined || id.trim() === "" ? id : `${outer}/${id}`;
}

/**
 * Adds a node to a draft.
 *
 * @param inputs what each of its inputs reads, by number; several ends of one input are read as one stream.
 */
export function addNode(draft: GraphDraft, spec: NodeSpec, ...inputs: readonly (readonly StreamEnd[])[]): LogicalNode {
  const id = spec.id === null ? idIn(draft, `${spec.label}#${draft.nodes.length}`) : spec.id;
  const node: LogicalNode = {
    id,
    label: spec.label,
    work: settingAside(spec.work(id), spec.options?.deadLetters),
    parallelism: spec.options?.parallelism,
    inputs: inputs.flatMap((ends, input) => ends.map((end) => ({ ...end, input }))),
  };
  draft.nodes.push(node);
  return node;
}

/** With the output for what the step cannot handle. A source has said itself what it does with it. */
function settingAside(work: NodeWork, deadLetters: SideOutput<unknown> | undefined): NodeWork {
  return work.kind === "operator" && deadLetters !== undefined
    ? { ...work, deadLetters: nameOfTag("deadLetters", deadLetters) }
    : work;
}

/**
 * Calls a function that adds steps; what they are called begins with `id`.
 *
 * @throws {ConfigurationError} ID_MISSING, ID_REPEATED, or OPTION_INVALID if `op` is no function or comes back too early.
 */
export function pipeThrough<R, A extends readonly unknown[]>(
  draft: GraphDraft,
  id: string,
  op: (...inputs: A) => R,
  ...inputs: A
): R {
  if (typeof id !== "string" || id.trim() === "") {
    throw new ConfigurationError(
      "ID_MISSING",
      `Cannot pipe a stream${draft.open.length === 0 ? "" : ` in "${draft.open.at(-1)}"`} without an id: the ids of all steps inside begin with it`,
    );
  }
  const full = idIn(draft, id);
  checkFunction(`pipe "${full}"`, op);
  if (draft.pipes.has(full)) {
    throw new ConfigurationError(
      "ID_REPEATED",
      `Cannot pipe a stream through "${full}" a second time: the ids of the steps inside begin with it. Give each pipe its own`,
      { details: { id: full } },
    );
  }
  draft.pipes.add(full);
  draft.open.push(full);
  try {
    const result = op(...inputs);
    if (typeof (result as { then?: unknown } | undefined)?.then !== "function") return result;
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot pipe a stream through "${full}": its function returned a promise, and steps are added at once`,
      { details: { id: full } },
    );
  } finally {
    draft.open.pop();
  }
}
