import type { MultipartClient, ObjectClient, ObjectUpload } from "@tidemark/core";

/** A store in a map, with every promise of S3 kept: nothing is lost, late or refused unless a test says so. */
export interface MapStore {
  readonly client: ObjectClient;
  readonly objects: Map<string, { readonly bytes: Uint8Array; readonly etag: string }>;
  readonly uploads: Map<string, { readonly upload: ObjectUpload; readonly parts: Map<number, Uint8Array> }>;
}

/** Makes an empty store. */
export function mapStore(): MapStore {
  const objects: MapStore["objects"] = new Map();
  const uploads: MapStore["uploads"] = new Map();
  let tags = 0;
  const client: ObjectClient = {
    get: async (key, range) => {
      const found = objects.get(key);
      if (found === undefined || range === undefined) return found;
      return { etag: found.etag, bytes: found.bytes.slice(range.offset, range.offset + range.length) };
    },
    put: async (key, bytes, condition) => {
      const found = objects.get(key);
      if (condition === "absent" && found !== undefined) return undefined;
      if (typeof condition === "object" && found?.etag !== condition.etag) return undefined;
      const etag = `"${++tags}"`;
      objects.set(key, { bytes: bytes.slice(), etag });
      return etag;
    },
    list: async (prefix, startAfter = "") =>
      [...objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).toSorted(),
    delete: async (keys) => keys.forEach((key) => objects.delete(key)),
    multipart: mapMultipart({ objects, uploads }, () => `"${++tags}"`),
  };
  return { client, objects, uploads };
}

function mapMultipart({ objects, uploads }: Omit<MapStore, "client">, tag: () => string): MultipartClient {
  return {
    create: async (key) => {
      const upload = { key, uploadId: tag() };
      uploads.set(upload.uploadId, { upload, parts: new Map() });
      return upload;
    },
    uploadPart: async ({ uploadId }, { number, bytes }) => {
      uploads.get(uploadId)?.parts.set(number, bytes.slice());
      return tag();
    },
    complete: async ({ key, uploadId }) => {
      const upload = uploads.get(uploadId);
      if (upload === undefined || objects.has(key)) return undefined;
      const parts = [...upload.parts].toSorted(([a], [b]) => a - b).flatMap(([, bytes]) => [...bytes]);
      const etag = tag();
      objects.set(key, { bytes: Uint8Array.from(parts), etag });
      uploads.delete(uploadId);
      return etag;
    },
    abort: async ({ uploadId }) => void uploads.delete(uploadId),
    listUploads: async (prefix) =>
      [...uploads.values()].flatMap(({ upload }) => (upload.key.startsWith(prefix) ? [upload] : [])).slice(0, 2),
  };
}
