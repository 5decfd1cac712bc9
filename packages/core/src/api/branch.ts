import type { AnySink } from "../connect/sink.ts";
import type { LogicalNode, NodeWork } from "../graph/logical.ts";
import { sinkOperator } from "../operators/sink.ts";
import { addNode, newDraft } from "./graph-draft.ts";
import type { Runnable } from "./planning.ts";
import { insideOf } from "./stream-inside.ts";
import type { Stream } from "./streams/stream.ts";

/**
 * What leads to a stream, with one sink behind it, apart from the pipeline: its other sinks, and what only they need, are not
 * part of it. The pipeline stays as it is.
 */
export function branchOf<T>(stream: Stream<T>, id: string, sink: AnySink<T>): Runnable {
  const { draft, ends } = insideOf(stream);
  const needed = new Set<LogicalNode>();
  const need = (node: LogicalNode): void => {
    if (needed.has(node)) return;
    needed.add(node);
    for (const { from } of node.inputs) need(from);
  };
  for (const { from } of ends) need(from);
  const { name, guarantee } = draft;
  const branch = newDraft(name, guarantee);
  branch.nodes.push(...draft.nodes.filter((node) => needed.has(node)));
  const anySink = sink as AnySink<unknown>;
  const work = (): NodeWork => ({ kind: "sink", sink: anySink, create: sinkOperator(id, anySink) });
  addNode(branch, { id, label: `sink ${sink.name}`, work, options: { parallelism: 1 } }, ends);
  return { guarantee, graph: { name, isPart: true, nodes: branch.nodes } };
}
