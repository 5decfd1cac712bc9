import type { Manifest } from "../../../src/checkpoint/manifest.ts";

// Written by the codec of version 0. Once docs/format.md declares the format frozen, no line here may ever change.
/** A manifest with one or two of everything. */
export const GOLDEN_MANIFEST: Manifest = {
  job: "delays",
  checkpointId: 64,
  generation: 3,
  keyGroups: 128,
  keyHashVersion: 0,
  sources: [
    {
      sourceId: "flights",
      enumerator: Uint8Array.of(1, 2, 3),
      splits: [
        { split: Uint8Array.of(0, 255), maxTimestamp: 1_700_000_000_000 },
        { split: Uint8Array.of(), maxTimestamp: -Infinity },
      ],
    },
  ],
  operators: [
    {
      operatorId: "hourly",
      watermarks: [
        { keyGroups: { first: 0, last: 63 }, watermark: 1_699_989_199_999 },
        { keyGroups: { first: 64, last: 127 }, watermark: Infinity },
      ],
    },
  ],
  operatorStates: [
    {
      operatorId: "alerts",
      parallelism: 2,
      states: [
        {
          name: "limits",
          kind: "broadcast",
          version: 1,
          parts: [{ subtasks: [0, 1], items: [{ key: Uint8Array.of(80, 97, 0), value: Uint8Array.of(6) }] }],
        },
        {
          name: "waiting",
          kind: "split-list",
          version: 0,
          parts: [{ subtasks: [1], items: [{ value: Uint8Array.of(4) }, { value: Uint8Array.of(5) }] }],
        },
      ],
    },
  ],
  sinks: [
    {
      sinkId: "out",
      committables: [
        { checkpointId: 63, subtask: 0, bytes: Uint8Array.of(9) },
        { checkpointId: 64, subtask: 1, bytes: Uint8Array.of(10, 11) },
      ],
    },
  ],
  stores: [
    { operators: ["hourly"], keyGroups: { first: 0, last: 63 }, handle: Uint8Array.of(1) },
    { operators: ["hourly", "total"], keyGroups: { first: 64, last: 127 }, handle: Uint8Array.of(2) },
  ],
};

/** Its bytes: envelope, body, checksum. */
export const GOLDEN_MANIFEST_BYTES = `
  544d4d46000000000268
  d063036a6f620c636865636b706f696e7449640a67656e65726174696f6e096b657947726f7570730e6b65794861736856657273696f6e07
  736f7572636573096f70657261746f72730e6f70657261746f725374617465730573696e6b730673746f7265738664656c6179734003c480
  0200cb01d01b08736f7572636549640a656e756d657261746f720673706c69747387666c6967687473c903010203cb02d0130573706c6974
  0c6d617854696d657374616d70c90200ffc54278bcfe56800000e2c900c5fff0000000000000cb01d0160a6f70657261746f7249640a7761
  7465726d61726b7386686f75726c79cb02d014096b657947726f7570730977617465726d61726bd00b056669727374046c617374003fc542
  78bcf409c7f000e4e5407fc57ff0000000000000cb01d01e0a6f70657261746f7249640b706172616c6c656c69736d067374617465738661
  6c6572747302cb02d018046e616d65046b696e640776657273696f6e057061727473866c696d6974738962726f61646361737401cb01d00f
  087375627461736b73056974656d73cb020001cb01d00a036b65790576616c7565c903506100c90106e78777616974696e678a73706c6974
  2d6c69737400cb01e8cb0101cb02d0060576616c7565c90104eac90105cb01d0140673696e6b49640c636f6d6d69747461626c6573836f75
  74cb02d01b0c636865636b706f696e744964077375627461736b0562797465733f00c90109ec4001c9020a0bcb02d01b096f70657261746f
  7273096b657947726f7570730668616e646c65cb0186686f75726c79e5003fc90101edcb0286686f75726c7985746f74616ce5407fc90102
  5d7d200e
`;
