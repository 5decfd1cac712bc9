/** An HTTP proxy in front of an S3 server that does what networks, balancers and servers under load do. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { type FaultOptions, faultPlan, drawn, type ProxyFault } from "./faults.ts";

/** What to put a proxy in front of, and what it shall do. */
export interface FaultProxyOptions extends FaultOptions {
  /** The address of the server. */
  readonly target: string;
}

/** A proxy that runs. */
export interface FaultProxy {
  readonly endpoint: string;
  /** How often each fault struck. */
  readonly struck: Readonly<Record<string, number>>;
  /** How many requests came. */
  readonly requests: number;
  /** From now on everything is forwarded as it is. */
  heal(): void;
  /** Resolves when nothing that was held back is left: what comes late has come. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** A pause is no longer. */
const PAUSE_MS_MAX = 40;
/** What comes late comes no later. */
const LATE_MS_MAX = 400;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Starts a proxy on a free port of this machine. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const running = new RunningProxy(options);
  return await running.start();
}

class RunningProxy {
  readonly #target: URL;
  readonly #seed: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #late = new Set<Promise<unknown>>();
  readonly #struck: Record<string, number> = {};
  #plan: ReturnType<typeof faultPlan>;
  #requests = 0;

  constructor(options: FaultProxyOptions) {
    this.#target = new URL(options.target);
    this.#seed = options.seed;
    this.#plan = faultPlan(options);
  }

  async start(): Promise<FaultProxy> {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("Cannot listen");
    const requests = (): number => this.#requests;
    return {
      endpoint: `http://127.0.0.1:${address.port}`,
      struck: this.#struck,
      get requests() {
        return requests();
      },
      heal: () => (this.#plan = () => undefined),
      settled: async () => {
        while (this.#late.size > 0) await Promise.allSettled(this.#late);
      },
      close: async () => {
        server.close();
        server.closeAllConnections();
        await once(server, "close");
        await Promise.allSettled(this.#late);
        this.#agent.destroy();
      },
    };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The sender may die at any moment, and what it was told may go nowhere.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const number = ++this.#requests;
    const body = await bodyOf(request);
    const { method = "GET", url = "/" } = request;
    const fault = this.#plan({ method, path: url.split("?")[0] ?? "/" });
    if (fault !== undefined) this.#struck[fault] = (this.#struck[fault] ?? 0) + 1;
    const forward = (): Promise<Answer> => this.#forward(request, body);
    const share = drawn(`${this.#seed} pause ${number}`);
    await carryOut(
      fault,
      { forward, cut: () => response.destroy(), answer: (found) => send(response, found), share },
      (work) => this.#later(share * LATE_MS_MAX, work),
    ).catch((error: unknown) => {
      if (fault === undefined) throw error;
      response.destroy();
    });
    if (fault === "cut-answer") await this.#cutAnswer(forward, response);
    if (fault === "cut-request") await this.#cutRequest(request, body).finally(() => response.destroy());
  }

  async #cutAnswer(forward: () => Promise<Answer>, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await forward();
    if (body.length < 2 || status >= 300) return send(response, { status, headers, body });
    response.writeHead(status, plain(headers, body.length));
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  }

  /** Half of the body, under the full length: the server has to see that the rest is missing. */
  #cutRequest(request: IncomingMessage, body: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const sent = httpRequest(this.#optionsOf(request, false));
      sent.on("error", () => resolve());
      sent.on("close", () => resolve());
      if (body.length < 2) return void sent.destroy();
      sent.write(body.subarray(0, body.length >> 1), () => sent.destroy());
    });
  }

  #later(delayMs: number, work: () => Promise<unknown>): void {
    const done = new Promise((resolve) => setTimeout(resolve, delayMs)).then(work).catch(() => undefined);
    this.#late.add(done);
    void done.then(() => this.#late.delete(done));
  }

  #optionsOf({ method, url, headers }: IncomingMessage, reuse: boolean) {
    // The host stays the one that was signed.
    return {
      host: this.#target.hostname,
      port: this.#target.port,
      method,
      path: url,
      headers,
      agent: reuse && this.#agent,
    };
  }

  async #forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest(this.#optionsOf(request, true));
      sent.on("response", resolve).on("error", reject);
      sent.end(body);
    });
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: await bodyOf(answer) };
  }
}

interface Steps {
  readonly forward: () => Promise<Answer>;
  readonly cut: () => void;
  readonly answer: (found: Answer) => void;
  readonly share: number;
}

/** All faults but the two that need the raw connection. */
async function carryOut(
  fault: ProxyFault | undefined,
  { forward, cut, answer, share }: Steps,
  later: (work: () => Promise<unknown>) => void,
): Promise<void> {
  const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, share * PAUSE_MS_MAX));
  switch (fault) {
    case "cut-answer":
    case "cut-request":
      return;
    case undefined:
      return answer(await forward());
    case "delay":
      await pause();
      return answer(await forward());
    case "delay-answer": {
      const found = await forward();
      await pause();
      return answer(found);
    }
    case "drop":
      return cut();
    case "lose-answer":
      await forward();
      return cut();
    case "late":
      later(forward);
      return cut();
    case "twice":
      await forward();
      return answer(await forward());
    case "echo":
      answer(await forward());
      return later(forward);
    case "error":
      return answer(failure(500, "InternalError"));
    case "error-after":
      await forward();
      return answer(failure(500, "InternalError"));
    case "throttle":
      return answer(failure(503, "SlowDown"));
    case "conflict":
      return answer(failure(409, "ConditionalRequestConflict"));
  }
}

function failure(status: number, code: string): Answer {
  const body = Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  return { status, headers: { "content-type": "application/xml" }, body };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, plain(headers, body.length));
  response.end(body);
}

/** Headers that speak of the message, and not of the connection that it came over. */
function plain(headers: IncomingMessage["headers"], length: number): IncomingMessage["headers"] {
  const { connection: _1, "keep-alive": _2, "transfer-encoding": _3, ...others } = headers;
  return { ...others, "content-length": String(length) };
}
