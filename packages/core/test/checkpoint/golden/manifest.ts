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
  544d4d460000000001a8
  d054036a6f620c636865636b706f696e7449640a67656e65726174696f6e096b657947726f7570730e6b65794861736856657273696f6e07
  736f7572636573096f70657261746f72730573696e6b730673746f7265738664656c6179734003c4800200cb01d01b08736f757263654964
  0a656e756d657261746f720673706c69747387666c6967687473c903010203cb02d0130573706c69740c6d617854696d657374616d70c902
  00ffc54278bcfe56800000e2c900c5fff0000000000000cb01d0160a6f70657261746f7249640a77617465726d61726b7386686f75726c79
  cb02d014096b657947726f7570730977617465726d61726bd00b056669727374046c617374003fc54278bcf409c7f000e4e5407fc57ff000
  0000000000cb01d0140673696e6b49640c636f6d6d69747461626c6573836f7574cb02d01b0c636865636b706f696e744964077375627461
  736b0562797465733f00c90109e74001c9020a0bcb02d01b096f70657261746f7273096b657947726f7570730668616e646c65cb0186686f
  75726c79e5003fc90101e8cb0286686f75726c7985746f74616ce5407fc90102
  c0b8340b
`;
