import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, realpath, symlink } from "node:fs/promises";
import { createTemporaryDirectory, freePort } from "@libs/testing";
import { startScriptedHub } from "./scripted-hub.ts";

const node = findNode();
const hub = startScriptedHub();
const directory = await createTemporaryDirectory();

beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [`${import.meta.dir}/../src/index.ts`],
    outdir: directory.path,
    naming: "cartway.js",
    target: "browser",
  });
  expect(built.success).toBe(true);
  await Bun.write(directory.file("package.json"), `{ "type": "module" }`);
  await mkdir(directory.file("node_modules"));
  await symlink(await realpath(`${import.meta.dir}/../node_modules/ws`), directory.file("node_modules/ws"));
});
afterAll(async () => {
  await hub.stop();
  await directory.remove();
});

/** Node 20 or later: before that it has no `crypto` either, and gets no fixes any more. */
function findNode(): string | null {
  const path = Bun.which("node");
  const version = path === null ? "" : Bun.spawnSync([path, "--version"]).stdout.toString();
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= 20 ? path : null;
}

/** A program of Node's, which has no WebSocket of its own whatever its version. */
async function runInNode(program: string): Promise<{ readonly out: string; readonly errors: string }> {
  const path = directory.file("program.mjs");
  await Bun.write(
    path,
    `delete globalThis.WebSocket;
    import { createCartway } from "./cartway.js";
    import { WebSocket } from "ws";
    ${program}`,
  );
  const child = Bun.spawn([node ?? "", path], { stdout: "pipe", stderr: "pipe" });
  const [out, errors] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out: out.trim(), errors };
}

describe.skipIf(node === null)("in Node without a WebSocket (install Node 20 or later to run this)", () => {
  test("the error names the option to set", async () => {
    const { out } = await runInNode(
      `try { createCartway({ url: "ws://127.0.0.1:1/ws" }) } catch (error) { console.log(error.message) }`,
    );
    expect(out).toBe("No WebSocket here: pass createCartway({ WebSocket }), such as that of the package ws.");
  });

  test("it works with the WebSocket of the package ws", async () => {
    const running = runInNode(`
      const cartway = createCartway({ url: ${JSON.stringify(hub.url)}, WebSocket });
      await cartway.send("cart_event", { type: "view_page" });
      console.log("acknowledged");
      cartway.close();`);
    const connection = await hub.connections.next();
    const { id } = await connection.frames.next();
    connection.send({ type: "ack", id });
    expect(await running).toEqual({ out: "acknowledged", errors: "" });
  });

  test("an unreachable hub is retried, and does not end the process", async () => {
    const { out, errors } = await runInNode(`
      const cartway = createCartway({
        url: "ws://127.0.0.1:${await freePort()}/ws",
        WebSocket,
        fallback: false,
        onState({ connection }) {
          if (connection.status !== "waiting") return;
          console.log(connection.status);
          cartway.close();
        },
      });`);
    expect({ out, errors }).toEqual({ out: "waiting", errors: "" });
  });
});
