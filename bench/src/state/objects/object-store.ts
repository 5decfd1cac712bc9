import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What a store holds. */
export interface Stored {
  readonly bytes: number;
  /** Objects that hold state. */
  readonly segments: number;
}

/** Where a store tells what it holds. No bucket has such a name. */
export const STORED_PATH = "/-/stored";

interface Held {
  readonly bytes: Buffer;
  readonly etag: string;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

interface Asked {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const PAGE_KEYS = 1_000;

/** A server with one bucket, in memory, that speaks as much of S3 as the backend does. It looks at no signature. */
export class ObjectStore {
  readonly #latencyMs: number;
  readonly #objects = new Map<string, Held>();
  readonly #uploads = new Map<string, Upload>();
  #tags = 0;

  /** @param latencyMs how long an answer takes beside what it takes anyway. */
  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs;
  }

  /** Listens on a port of this machine, and says where. */
  async listen(): Promise<string> {
    const server: Server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error(`Cannot listen: ${String(address)}`);
    return `http://127.0.0.1:${address.port}`;
  }

  /** What is in it. */
  get stored(): Stored {
    let bytes = 0;
    let segments = 0;
    for (const [key, held] of this.#objects) {
      bytes += held.bytes.length;
      if (key.includes("/segments/")) segments++;
    }
    return { bytes, segments };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://objects");
    const [, ...rest] = pathname.slice(1).split("/");
    const key = decodeURIComponent(rest.join("/"));
    const { method = "", headers } = request;
    const isOurs = pathname === STORED_PATH;
    const answer: Answer = isOurs
      ? { status: 200, body: JSON.stringify(this.stored) }
      : this.#answer({ method, key, query, headers, body: Buffer.concat(chunks) });
    const send = (): void => {
      const { status, headers: told = {}, body = "" } = answer;
      response.writeHead(status, { ...told, "content-length": Buffer.byteLength(body) }).end(body);
    };
    if (isOurs || this.#latencyMs === 0) send();
    else setTimeout(send, this.#latencyMs);
  }

  #answer(asked: Asked): Answer {
    const { method, key, query } = asked;
    if (query.has("uploads") || query.has("uploadId")) return this.#answerUpload(asked);
    if (method === "PUT") return this.#put(asked, asked.body);
    if (method === "POST") return this.#deleteAll(asked.body.toString());
    return key === "" ? this.#list(query) : this.#get(key, asked.headers.range);
  }

  #get(key: string, range: string | undefined): Answer {
    const found = this.#objects.get(key);
    if (found === undefined) return failure(404, "NoSuchKey");
    const { bytes, etag } = found;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    if (first === undefined || last === undefined) return { status: 200, headers: { etag }, body: bytes };
    return { status: 206, headers: { etag }, body: bytes.subarray(Number(first), Number(last) + 1) };
  }

  #put({ key, headers }: Asked, bytes: Buffer): Answer {
    const found = this.#objects.get(key);
    if (headers["if-none-match"] === "*" && found !== undefined) return failure(412, "PreconditionFailed");
    const wanted = headers["if-match"];
    if (wanted !== undefined && found?.etag !== wanted) return failure(412, "PreconditionFailed");
    const etag = `"${++this.#tags}"`;
    this.#objects.set(key, { bytes, etag });
    return { status: 200, headers: { etag } };
  }

  #list(query: URLSearchParams): Answer {
    const [prefix, after] = [query.get("prefix") ?? "", query.get("start-after") ?? ""];
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const contents = keys.slice(0, PAGE_KEYS).map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`);
    const isTruncated = `<IsTruncated>${keys.length > PAGE_KEYS}</IsTruncated>`;
    return xml("ListBucketResult", isTruncated + contents.join(""));
  }

  #deleteAll(asked: string): Answer {
    for (const [, key = ""] of asked.matchAll(/<Key>([^<]*)<\/Key>/g)) this.#objects.delete(unescaped(key));
    return xml("DeleteResult", "");
  }

  #answerUpload(asked: Asked): Answer {
    const { method, key, query, body } = asked;
    if (query.has("uploads")) {
      if (method === "GET") return xml("ListMultipartUploadsResult", "");
      const begun = `upload-${++this.#tags}`;
      this.#uploads.set(begun, { key, parts: new Map() });
      return xml("InitiateMultipartUploadResult", `<UploadId>${begun}</UploadId>`);
    }
    const id = query.get("uploadId") ?? "";
    const upload = this.#uploads.get(id);
    if (upload === undefined) return failure(404, "NoSuchUpload");
    if (method === "PUT") {
      upload.parts.set(Number(query.get("partNumber")), body);
      return { status: 200, headers: { etag: `"${++this.#tags}"` } };
    }
    this.#uploads.delete(id);
    if (method === "DELETE") return { status: 204 };
    const parts = [...upload.parts].toSorted(([one], [other]) => one - other);
    const put = this.#put(asked, Buffer.concat(parts.map(([, bytes]) => bytes)));
    if (put.status !== 200) return put;
    return xml("CompleteMultipartUploadResult", `<ETag>${escaped(put.headers?.["etag"] ?? "")}</ETag>`);
  }
}

function failure(status: number, code: string): Answer {
  return { ...xml("Error", `<Code>${code}</Code><Message>${code}</Message>`), status };
}

function xml(name: string, body: string): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><${name}>${body}</${name}>`,
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
