import { expect, test } from "bun:test";
import { heldBytes, sendRaw } from "@libs/testing";
import { startGatewayTo } from "../support/start-gateway.ts";

const refused = 1000;
const headBytes = 14_000;

test("recorded refusals do not retain request heads", async () => {
  const policies = [{ type: "ip-rules", deny: ["127.0.0.1"] }];
  await using gateway = await startGatewayTo("http://127.0.0.1:1", { policies });
  const refuse = async (padding: number): Promise<void> => {
    for (let index = 0; index < refused; index += 1) {
      const id = `caller-${index}-${padding}`;
      const path = `/a/path/that/is/as/long/as/usual/${index}`;
      const head = `GET ${path} HTTP/1.1\r\nHost: h${index}.shop.test\r\nX-Request-Id: ${id}\r\nConnection: close\r\n`;
      await sendRaw(gateway.port, `${head}X-Padding: ${"x".repeat(padding)}\r\n\r\n`);
    }
  };
  await refuse(1);
  const before = heldBytes();
  await refuse(headBytes);
  expect(heldBytes() - before).toBeLessThan((refused * headBytes) / 3);
}, 60_000);
