import { join } from "node:path";
import { withAccessJob } from "./access/access-job.ts";
import { measureAll, type Subject } from "./measure.ts";
import { printTable } from "./print-table.ts";
const roots = (process.env["ROOTS"] ?? "").split(",").filter(Boolean);
const here = join(import.meta.dir, "../..");
const algorithm = "HS256";
await withAccessJob({ algorithm, users: 1000 }, async (job) => {
  const subjects: Subject[] = [];
  const identity = {
    type: "jwt",
    issuer: job.issuer,
    audience: job.audience,
    algorithms: [algorithm],
    secret: { file: job.keyFile },
  };
  const auth = { type: "authenticate", with: ["shop"] };
  const limit = { type: "rate-limit", by: ["user"], limit: 1_000_000, windowMs: 60_000, headers: "none" };
  const sets: Record<string, object[]> = {
    plain: [],
    auth: [auth],
    both: [auth, limit],
    headers: [auth, { ...limit, headers: "draft" }],
  };
  for (const name of (process.env["SETS"] ?? "plain,auth,both,headers").split(","))
    for (const root of roots.length > 0 ? roots : [here])
      subjects.push({
        name: `${name} ${root.split("/").at(-1)}`,
        missing: () => null,
        async command({ upstreamPort, port, directory }) {
          const file = join(directory, "gateway.json");
          await Bun.write(
            file,
            JSON.stringify({
              version: 1,
              identity: { shop: identity },
              services: {
                upstream: {
                  discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${upstreamPort}` }] },
                },
              },
              routes: [{ id: "r0", match: { path: "/r0/*" }, service: "upstream", policies: sets[name] }],
            }),
          );
          return [
            process.execPath,
            join(root, "apps/api-gateway/src/main.ts"),
            "--config",
            file,
            "--port",
            String(port),
            "--no-admin",
          ];
        },
      });
  const requests = job.tokens.map((token) => ({
    path: "/r0/items",
    headers: { authorization: `Bearer ${token}` },
  }));
  const m = await measureAll(
    subjects,
    { seconds: Number(process.env["SECONDS_"] ?? 3), connections: 64, requests },
    Number(process.env["ROUNDS"] ?? 3),
  );
  printTable("parts", m, subjects[0]!.name);
});
