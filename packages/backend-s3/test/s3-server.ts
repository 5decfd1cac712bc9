import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What becomes of one request. */
export type ServerFault =
  /** The connection is cut; nothing happened. */
  | "cut"
  /** The connection is cut; it took place. */
  | "unanswered"
  /** The connection is cut, and it takes place before the next request of another kind, or at `settle`. */
  | "late"
  /** It arrives twice, as from a client that sends again by itself; the answer is that to the second. */
  | "twice"
  /** 503 SlowDown. */
  | "throttle"
  /** 500 InternalError. */
  | "error"
  /** 409 ConditionalRequestConflict. */
  | "conflict"
  /** There is never an answer. */
  | "silent"
  /** The body of the answer ends in the middle. */
  | "truncated";

/** One request, as the server saw it. */
export interface SeenRequest {
  readonly verb: "get" | "put" | "list" | "delete" | "begin" | "part" | "complete" | "abort" | "uploads";
  readonly key: string;
  /** Whether it had a condition. */
  readonly conditional: boolean;
  /** The headers, in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A server that speaks as much of S3 as the backend does, over HTTP, in this process. It looks at no signature. */
export interface S3Server {
  readonly endpoint: string;
  readonly objects: Map<string, Uint8Array>;
  readonly requests: SeenRequest[];
  /** Uploads in parts that are not over, by their id. */
  readonly uploads: Map<string, { readonly key: string; readonly parts: Map<number, Uint8Array> }>;
  /** Asked about each request. */
  fault: (request: SeenRequest) => ServerFault | undefined;
  /** The error with which it answers for each object that is to be deleted; `undefined`: it deletes them. */
  undeletable: string | undefined;
  /** Which conditions are ignored, as some clones of S3 do. */
  ignored: readonly ("If-Match" | "If-None-Match")[];
  /** Whether no tag ever matches. */
  matchesNothing: boolean;
  /** Lets late writes take place. */
  settle(): void;
  close(): Promise<void>;
}

const PAGE = 3;

/** Starts a server with one bucket, `bucket`. */
export async function startS3(): Promise<S3Server> {
  const objects = new Map<string, Uint8Array>();
  const late: (() => void)[] = [];
  const state: S3Server = {
    endpoint: "",
    objects,
    requests: [],
    uploads: new Map(),
    fault: () => undefined,
    undeletable: undefined,
    ignored: [],
    matchesNothing: false,
    settle: () => {
      for (const apply of late.splice(0)) apply();
    },
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      // The runtime clears its sockets away in turns to come. A simulation that runs next must not see that.
      for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const server = createServer((request, response) => void handle(state, late, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return Object.assign(state, { endpoint: `http://127.0.0.1:${port}` });
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

async function handle(
  state: S3Server,
  late: (() => void)[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = new Uint8Array(Buffer.concat(chunks));
  const url = new URL(request.url ?? "/", "http://s3");
  const [bucket, ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
  const key = rest.join("/");
  const verb = verbOf(request.method ?? "", key, url.searchParams);
  const conditions = { match: request.headers["if-match"], none: request.headers["if-none-match"] };
  const seen = {
    verb,
    key,
    conditional: conditions.match !== undefined || conditions.none !== undefined,
    headers: request.headers,
  };
  state.requests.push(seen);
  const apply = (): Reply => {
    if (bucket !== "bucket") return failure(404, "NoSuchBucket");
    if (verb === "get") return get(state, key, request.headers.range);
    if (verb === "put") return put(state, key, body, conditions);
    if (verb === "list") return list(state, url.searchParams);
    if (verb !== "delete") return multipart(state, { verb, key, body, query: url.searchParams, conditions });
    return deleteAll(state, new TextDecoder().decode(body));
  };
  const fault = state.fault(seen);
  if (fault === "silent") return;
  if (fault === "cut" || fault === "unanswered" || fault === "late") {
    if (fault === "unanswered") apply();
    if (fault === "late") late.push(apply);
    request.socket.destroy();
    return;
  }
  if (fault === "throttle") return send(response, failure(503, "SlowDown"));
  if (fault === "error") return send(response, failure(500, "InternalError"));
  if (fault === "conflict") return send(response, failure(409, "ConditionalRequestConflict"));
  if (fault === "twice") apply();
  const reply = apply();
  if (fault === "truncated") {
    const bytes = typeof reply.body === "string" ? new TextEncoder().encode(reply.body) : (reply.body as Uint8Array);
    response.writeHead(reply.status, { ...reply.headers, "content-length": String(bytes.length) });
    response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
    return;
  }
  send(response, reply);
}

function verbOf(method: string, key: string, query: URLSearchParams): SeenRequest["verb"] {
  if (method === "PUT") return query.has("uploadId") ? "part" : "put";
  if (method === "POST" && query.has("uploads")) return "begin";
  if (method === "POST") return query.has("uploadId") ? "complete" : "delete";
  if (method === "DELETE") return "abort";
  if (query.has("uploads")) return "uploads";
  return key === "" ? "list" : "get";
}

function send(response: ServerResponse, { status, headers = {}, body = "" }: Reply): void {
  response.writeHead(status, { "content-type": "application/xml", ...headers });
  response.end(body);
}

function failure(status: number, code: string): Reply {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

/** As S3 does: from the bytes, so that the same bytes have the same tag. */
function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function get(state: S3Server, key: string, range: string | undefined): Reply {
  const found = state.objects.get(key);
  if (found === undefined) return failure(404, "NoSuchKey");
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (first !== undefined && last !== undefined) {
    if (Number(first) >= found.length) return failure(416, "InvalidRange");
    const body = found.subarray(Number(first), Number(last) + 1);
    return { status: 206, headers: { etag: etagOf(found), "content-type": "application/octet-stream" }, body };
  }
  return { status: 200, headers: { etag: etagOf(found), "content-type": "application/octet-stream" }, body: found };
}

function put(
  state: S3Server,
  key: string,
  body: Uint8Array,
  { match, none }: { readonly match: string | undefined; readonly none: string | undefined },
): Reply {
  const found = state.objects.get(key);
  const isHeard = (condition: S3Server["ignored"][number]): boolean => !state.ignored.includes(condition);
  if (none === "*" && found !== undefined && isHeard("If-None-Match")) return failure(412, "PreconditionFailed");
  if (match !== undefined && isHeard("If-Match")) {
    if (found === undefined) return failure(404, "NoSuchKey");
    if (state.matchesNothing || etagOf(found) !== match) return failure(412, "PreconditionFailed");
  }
  state.objects.set(key, body);
  return { status: 200, headers: { etag: etagOf(body) } };
}

interface MultipartRequest {
  readonly verb: SeenRequest["verb"];
  readonly key: string;
  readonly body: Uint8Array;
  readonly query: URLSearchParams;
  readonly conditions: { readonly match: string | undefined; readonly none: string | undefined };
}

function multipart(state: S3Server, { verb, key, body, query, conditions }: MultipartRequest): Reply {
  if (verb === "begin") {
    const uploadId = `upload-${++begun}`;
    state.uploads.set(uploadId, { key, parts: new Map() });
    return { status: 200, body: xml("InitiateMultipartUploadResult", `<UploadId>${uploadId}</UploadId>`) };
  }
  if (verb === "uploads") {
    const prefix = query.get("prefix") ?? "";
    const found = [...state.uploads].filter(([, upload]) => upload.key.startsWith(prefix)).slice(0, PAGE);
    const uploads = found.map(([id, upload]) => `<Upload><Key>${upload.key}</Key><UploadId>${id}</UploadId></Upload>`);
    return { status: 200, body: xml("ListMultipartUploadsResult", uploads.join("")) };
  }
  const uploadId = query.get("uploadId") ?? "";
  const upload = state.uploads.get(uploadId);
  if (upload === undefined) return failure(404, "NoSuchUpload");
  if (verb === "part") {
    upload.parts.set(Number(query.get("partNumber")), body);
    return { status: 200, headers: { etag: etagOf(body) } };
  }
  if (verb === "abort") {
    state.uploads.delete(uploadId);
    return { status: 204 };
  }
  const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const reply = put(state, key, new Uint8Array(Buffer.concat(parts)), conditions);
  if (reply.status !== 200) return reply;
  state.uploads.delete(uploadId);
  return { status: 200, body: xml("CompleteMultipartUploadResult", `<ETag>${reply.headers?.["etag"] ?? ""}</ETag>`) };
}

let begun = 0;

function xml(name: string, body: string): string {
  return `<?xml version="1.0"?><${name}>${body}</${name}>`;
}

function list(state: S3Server, query: URLSearchParams): Reply {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("start-after") ?? "";
  const keys = [...state.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, PAGE);
  const contents = page.map((key) => `<Contents><Key>${escaped(key)}</Key><Size>1</Size></Contents>`).join("");
  const isTruncated = keys.length > page.length;
  return {
    status: 200,
    body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents}</ListBucketResult>`,
  };
}

function deleteAll(state: S3Server, xml: string): Reply {
  const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => unescaped(key));
  const { undeletable: code } = state;
  const kept = code === undefined ? [] : keys;
  for (const key of keys) if (!kept.includes(key)) state.objects.delete(key);
  const errors = kept.map((key) => `<Error><Key>${escaped(key)}</Key><Code>${code}</Code></Error>`);
  return { status: 200, body: `<?xml version="1.0"?><DeleteResult>${errors.join("")}</DeleteResult>` };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
