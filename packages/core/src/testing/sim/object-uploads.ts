import { assert } from "../../assert.ts";
import { concatBytes } from "../../bytes/compare.ts";
import type { MultipartClient, ObjectUpload } from "../../state/object-client.ts";

/** Carries out one request, or does with it what the simulation draws. */
export type ObjectEffect = <T>(verb: string, key: string, read: boolean, apply: () => T) => Promise<T>;

interface Upload {
  readonly upload: ObjectUpload;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
  /** Whether it was begun by a request whose process was dead by then: the next start ends it, if there is one. */
  readonly isLate: boolean;
  /** Whether the process that began it still is. */
  readonly isAlive: () => boolean;
}

/** Uploads in parts that a simulated store holds, and that outlive the process that began them. */
export class ObjectUploads {
  readonly #uploads = new Map<string, Upload>();
  #drawn = 0;

  /** The keys of uploads that are not over, in the order in which they began. */
  keys(): readonly string[] {
    return [...this.#uploads.values()].map(({ upload }) => upload.key);
  }

  /**
   * The keys of those that a process began which has died since. What a living one has begun, and was not told of, is ended by
   * the next start.
   */
  forgotten(): readonly string[] {
    return [...this.#uploads.values()].flatMap(({ upload, isLate, isAlive }) =>
      isLate || isAlive() ? [] : [upload.key],
    );
  }

  /**
   * @param finish Makes an object, and gives its etag, unless the condition does not hold.
   * @param isAlive Whether the process is that asks.
   */
  client(
    effect: ObjectEffect,
    finish: (key: string, bytes: Uint8Array, condition: "always" | "absent") => string | undefined,
    isAlive: () => boolean,
  ): MultipartClient {
    return {
      create: (key) => effect("begin", key, false, () => this.#create(key, isAlive)),
      uploadPart: ({ key, uploadId }, { number, bytes }) => {
        const sent = bytes.slice();
        return effect("part", `${key} ${number}`, false, () => {
          const etag = `"part ${++this.#drawn}"`;
          this.#uploads.get(uploadId)?.parts.set(number, { bytes: sent, etag });
          return etag;
        });
      },
      complete: ({ key, uploadId }, { etags, condition }) =>
        effect("complete", key, false, () => {
          const upload = this.#uploads.get(uploadId);
          if (upload === undefined) return undefined;
          const parts = etags.map((etag, at) => {
            const part = upload.parts.get(at + 1);
            assert(part !== undefined && part.etag === etag, `part ${at + 1} of "${key}" is not the one that is named`);
            return part.bytes;
          });
          const made = finish(key, concatBytes(parts), condition);
          if (made !== undefined) this.#uploads.delete(uploadId);
          return made;
        }),
      abort: ({ key, uploadId }) => effect("abort", key, false, () => void this.#uploads.delete(uploadId)),
      listUploads: (prefix) =>
        effect("uploads", prefix, true, () =>
          [...this.#uploads.values()].flatMap(({ upload }) => (upload.key.startsWith(prefix) ? [upload] : [])),
        ),
    };
  }

  #create(key: string, isAlive: () => boolean): ObjectUpload {
    const upload = { key, uploadId: `upload ${++this.#drawn}` };
    this.#uploads.set(upload.uploadId, { upload, parts: new Map(), isLate: !isAlive(), isAlive });
    return upload;
  }
}
