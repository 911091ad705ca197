import { expect, test } from "bun:test";
import { errorOf } from "../../test/support/error-of.ts";
import { serviceAt, startGateway } from "../../test/support/start-gateway.ts";
import { startUpstream } from "../../test/support/upstreams/start-upstream.ts";

const bytesMax = 20_000_000;
/** A schema that goes as deep as the body does. */
const tree = {
  $ref: "#/$defs/tree",
  $defs: {
    tree: { type: "object", properties: { a: { $ref: "#/$defs/tree" } }, additionalProperties: false },
  },
};
const policies = {
  transform: { type: "transform", request: { body: { set: { "/x": 1 } } }, bodyBytesMax: bytesMax },
  "request-validation": { type: "request-validation", body: tree, bodyBytesMax: bytesMax },
};

async function startReading(policy: keyof typeof policies) {
  const upstream = startUpstream();
  const gateway = await startGateway({
    server: { accessLog: { sampleRatio: 1 } },
    services: { api: serviceAt(upstream.url) },
    routes: [
      {
        id: "all",
        match: { path: "/*" },
        service: "api",
        bodyBytesMax: bytesMax,
        policies: [policies[policy]],
      },
    ],
  });
  return {
    log: gateway.log,
    async post(body: string) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(gateway.url, { method: "POST", headers, body });
      return [answer.status, (await errorOf(answer)).code];
    },
    async [Symbol.asyncDispose]() {
      await gateway.gateway.stop();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test.each(["transform", "request-validation"] as const)(
  "an extremely nested body is refused as the sender's fault by %s",
  async (policy) => {
    await using gateway = await startReading(policy);
    expect(await gateway.post('{"a":'.repeat(100_000) + "1" + "}".repeat(100_000))).toEqual([
      400,
      "invalid_json",
    ]);
  },
);

test("a body with very many members is processed normally", async () => {
  await using gateway = await startReading("request-validation");
  const members = Array.from({ length: 900_000 }, (_, index) => `"${index}":1`);
  expect(await gateway.post(`{${members.join()}}`)).toEqual([422, "validation_failed"]);
});

test("the content of a body that is not JSON is never logged", async () => {
  await using gateway = await startReading("transform");
  expect(await gateway.post("hunter2secret")).toEqual([400, "invalid_json"]);
  expect(gateway.log.text()).toContain("invalid_json");
  expect(gateway.log.text()).not.toContain("hunter2secret");
});
