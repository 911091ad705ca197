import { messageOf } from "@libs/errors";
import { freePort } from "@libs/testing";
import { runServer, withDirectory } from "../run-process.ts";
import type { AccessJob } from "./access-job.ts";
import type { AccessPeer } from "./access-peer.ts";

const smallLimit = { requests: 5, windowMs: 60_000 };

interface Received {
  readonly headers: Headers;
}

/** Whether a peer does the whole job: `null`, or what it wrongly admitted or refused. */
export async function proveAccess(peer: AccessPeer, job: AccessJob): Promise<string | null> {
  const received: Received[] = [];
  const upstream = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      received.push({ headers: request.headers });
      return new Response("{}");
    },
  });
  try {
    return await withDirectory(async (directory) => {
      const port = await freePort();
      const place = { upstreamPort: upstream.port ?? 0, port, directory };
      const probe = {
        path: "/r0/items",
        headers: { authorization: `Bearer ${job.sign({ sub: `probe-${crypto.randomUUID()}` })}` },
      };
      const server = await runServer(await peer.prepare({ ...job, limit: smallLimit }, place), port, probe);
      try {
        return await findFault(port, job, received);
      } finally {
        await server.stop();
      }
    });
  } catch (thrown) {
    return messageOf(thrown).slice(0, 500);
  } finally {
    await upstream.stop(true);
  }
}

async function findFault(port: number, job: AccessJob, received: Received[]): Promise<string | null> {
  const now = Math.floor(Date.now() / 1000);
  // a subject unique to this proof: limits shared by several processes still count earlier ones
  const greedy = `greedy-${crypto.randomUUID()}`;
  const good = job.sign({ sub: greedy });
  const forged = `${good.slice(0, -6)}${good.at(-6) === "A" ? "B" : "A"}${good.slice(-5)}`;
  const strangers = {
    "no token": null,
    "a forged signature": forged,
    "an expired token": job.sign({ exp: now - 60 }),
    "another issuer": job.sign({ iss: "https://elsewhere.example" }),
    "another audience": job.sign({ aud: "elsewhere" }),
    "no algorithm": `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`,
  };
  for (const [what, token] of Object.entries(strangers)) {
    const status = await ask(port, token);
    if (status !== 401) return `answers ${status} to ${what}`;
  }
  received.length = 0;
  for (let index = 0; index < smallLimit.requests; index += 1) {
    const status = await ask(port, good);
    if (status !== 200) return `answers ${status} within the limit`;
  }
  if ((await ask(port, good)) !== 429) return "does not hold the limit";
  if ((await ask(port, job.sign({ sub: `modest-${crypto.randomUUID()}` }))) !== 200)
    return "counts one user against another";
  const [first] = received;
  if (first?.headers.get("x-user-id") !== greedy) return "does not tell the service who calls";
  return first.headers.has("authorization") ? "hands the token on" : null;
}

async function ask(port: number, token: string | null): Promise<number> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`http://127.0.0.1:${port}/r0/items`, { headers });
  await response.arrayBuffer();
  return response.status;
}
