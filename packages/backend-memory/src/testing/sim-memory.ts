import { effectBackend, type SimBackend } from "@tidemark/core/testing";

import { memory } from "../memory.ts";

/**
 * The memory backend for `simulate`. Memory has no medium that could outlive a process: what dies is the attempt, and the
 * object that holds the state stays, as it does when a job is started again within one process.
 */
export function simMemory(): SimBackend {
  return {
    name: "memory",
    disk: false,
    shared: true,
    prepare: () => {
      const inner = memory();
      return (process) => effectBackend(process, inner);
    },
  };
}
