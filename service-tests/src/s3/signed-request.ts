/**
 * One HTTP request to an S3 server, signed by hand (AWS Signature Version 4): what a test of the server itself needs, with
 * no client in between that repeats, hides or repairs anything.
 */
import { createHash, createHmac } from "node:crypto";
import type { S3Place } from "./place.ts";

/** What to ask. */
export interface S3Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "HEAD";
  /** Bucket and key, as they are. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** What came back. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Sends it once. */
export async function signedRequest(place: S3Place, request: S3Request): Promise<S3Answer> {
  const { method, path, query = {}, body = "" } = request;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const uri = `/${path.split("/").map(encoded).join("/")}`;
  const parameters = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join("&");
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const payload = hex(bytes);
  const signed: Record<string, string> = {
    host: new URL(place.endpoint).host,
    "x-amz-content-sha256": payload,
    "x-amz-date": at,
  };
  for (const [name, value] of Object.entries(request.headers ?? {})) signed[name.toLowerCase()] = value.trim();
  const names = Object.keys(signed).toSorted();
  const head = names.map((name) => `${name}:${signed[name]}\n`).join("");
  const canonical = [method, uri, parameters, head, names.join(";"), payload].join("\n");
  const scope = `${at.slice(0, 8)}/${place.region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", at, scope, hex(canonical)].join("\n");
  const signature = createHmac("sha256", signingKey(place, at.slice(0, 8)))
    .update(toSign)
    .digest("hex");
  const { host: _host, ...sent } = signed;
  const answer = await fetch(`${place.endpoint}${uri}${parameters === "" ? "" : `?${parameters}`}`, {
    method,
    headers: {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${place.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
    },
    ...(method === "PUT" || method === "POST" ? { body: bytes as Uint8Array<ArrayBuffer> } : {}),
  });
  const found = new Uint8Array(await answer.arrayBuffer());
  return { status: answer.status, headers: answer.headers, bytes: found, text: new TextDecoder().decode(found) };
}

function signingKey({ secretAccessKey, region }: S3Place, day: string): Buffer {
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const part of [day, region, "s3", "aws4_request"]) key = createHmac("sha256", key).update(part).digest();
  return key as Buffer;
}

function hex(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** As the signature wants it: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  const late = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, late);
}
