import type { Head } from "../../../src/checkpoint/head.ts";

// Written by the codec of version 0. Once docs/format.md declares the format frozen, no line here may ever change.
/** A head with two retained checkpoints. */
export const GOLDEN_HEAD: Head = {
  job: "delays",
  owner: "0123456789abcdef",
  generation: 3,
  nextId: 65,
  retained: [
    { checkpointId: 41, generation: 2, manifest: "0000000002-0000000000000041", completedAt: 1_700_000_000_000 },
    { checkpointId: 64, generation: 3, manifest: "0000000003-0000000000000064", completedAt: 1_700_000_001_500.25 },
  ],
};

/** Its bytes: envelope; job, owner, generation, next id; how many retained, each of them; checksum. */
export const GOLDEN_HEAD_BYTES = `
  544d4844000000000091
  0664656c617973
  1030313233343536373839616263646566
  0000000000000003
  0000000000000041
  02
  000000000000002900000000000000021b303030303030303030322d303030303030303030303030303034314278bcfe56800000
  000000000000004000000000000000031b303030303030303030332d303030303030303030303030303036344278bcfe56ddc400
  59765164
`;
