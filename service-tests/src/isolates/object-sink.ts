/** A sink for a place without files: rows travel in the checkpoint, and a commit writes them as one object. */
import type { CommitOutcome, CommitRequest, ObjectClient, Sink, SinkCommitter, SinkWriter } from "@tidemark/core";

/** What it needs of a client. */
export type SinkClient = Pick<ObjectClient, "get" | "put">;

/** An object to be: its rows are in it as lines. */
export interface ObjectCommittable {
  readonly key: string;
  readonly text: string;
}

/** Writes an object below `prefix` for each subtask and checkpoint. The key says which, so writing it again changes nothing. */
export function objectSink<T>(client: SinkClient, prefix: string): Sink<T, ObjectCommittable, "exactly-once"> {
  return {
    name: `objects "${prefix}"`,
    delivery: "exactly-once",
    createWriter: ({ generation, subtask }) => writer<T>(`${prefix}/g${generation}-s${subtask}`),
    createCommitter: () => committer(client),
  };
}

function writer<T>(name: string): SinkWriter<T, ObjectCommittable> {
  let lines: string[] = [];
  return {
    write: (values) => {
      for (const value of values) lines.push(JSON.stringify(value));
    },
    full: false,
    drained: async () => undefined,
    prepareCommit: async (checkpointId) => {
      const text = lines.join("\n");
      lines = [];
      return text === "" ? [] : [{ key: `${name}-c${checkpointId}`, text }];
    },
    close: async () => undefined,
  };
}

function committer(client: SinkClient): SinkCommitter<ObjectCommittable> {
  const one = async ({ committable: { key, text } }: CommitRequest<ObjectCommittable>): Promise<CommitOutcome> => {
    const bytes = new TextEncoder().encode(text);
    if ((await client.put(key, bytes, "absent")) !== undefined) return "committed";
    const found = await client.get(key);
    if (found === undefined) return "retry";
    return new TextDecoder().decode(found.bytes) === text ? "already-committed" : { failed: `${key} holds other rows` };
  };
  return {
    recover: async () => undefined,
    commit: (requests) => Promise.all(requests.map(one)),
    close: async () => undefined,
  };
}
