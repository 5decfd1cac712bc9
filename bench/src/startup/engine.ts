/** What a small job needs: bundled as a whole, as for an isolate. */
export { memory } from "@tidemark/backend-memory";
export { pipeline, run, valueState } from "@tidemark/core";
