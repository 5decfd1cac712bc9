/** Bundles the page, serves it, and takes its rows. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ROWS_URL } from "./page-calls.ts";

/** A page that is served. */
export interface Site {
  readonly url: string;
  /** What was written, by its name. */
  readonly rows: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

/** The page as a stranger would bundle it: nothing is told to the bundler but that it is for a browser. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./page.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    conditions: ["@tidemark/source"],
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** Serves on a port of this machine alone: pages from there count as secure. */
export async function serveSite(): Promise<Site> {
  const script = await bundle();
  const rows = new Map<string, string>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = "/", method } = request;
    if (url === "/page.js") return void response.setHeader("content-type", "text/javascript").end(script);
    if (!url.startsWith(ROWS_URL)) {
      const html = '<!doctype html><meta charset="utf-8"><script src="/page.js"></script>';
      return void response.setHeader("content-type", "text/html").end(html);
    }
    const name = decodeURIComponent(url.slice(ROWS_URL.length));
    const found = rows.get(name);
    if (method === "GET") return void response.writeHead(found === undefined ? 404 : 200).end(found);
    const text = await textOf(request);
    // A page that dies while it writes leaves nothing, or all: the end of its body was seen.
    if (found === undefined) rows.set(name, text);
    response.writeHead(found === undefined ? 201 : 409).end();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    rows,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += String(piece);
  return text;
}
