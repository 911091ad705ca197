/**
 * Checks the import directions of the architecture: apps never import apps (all-in-one excepted), libs never import apps,
 * a package imports only what its package.json names, and inside the gateway data flows one way. Exits 1 and names each breach.
 */
import { dirname, join, normalize, relative } from "node:path";

const root = join(import.meta.dir, "..");

/** The gateway's folders, each with those it may import from. `model` imports nothing. */
const gatewayFolders: Readonly<Record<string, readonly string[]>> = {
  model: [],
  telemetry: ["model"],
  listener: ["model"],
  config: [
    "aggregation",
    "model",
    "listener",
    "routing",
    "policies",
    "identity",
    "auth",
    "discovery",
    "upstream",
    "hub",
  ],
  routing: ["model"],
  aggregation: ["model", "routing"],
  sharing: ["model"],
  identity: ["model", "sharing", "telemetry"],
  discovery: ["model", "telemetry"],
  policies: ["model", "sharing", "identity", "routing", "telemetry"],
  upstream: ["model", "sharing", "discovery", "identity", "telemetry"],
  // frames may share limits with routes
  hub: ["model", "identity", "policies", "telemetry"],
  pipeline: [
    "aggregation",
    "model",
    "config",
    "routing",
    "policies",
    "identity",
    "upstream",
    "hub",
    "telemetry",
  ],
  http: ["model", "config", "routing", "pipeline", "telemetry", "upstream"],
  health: ["model", "config", "pipeline", "upstream"],
  demo: [],
  "client-scripts": [],
  auth: ["model", "identity", "telemetry"],
  explain: [
    "aggregation",
    "model",
    "config",
    "routing",
    "pipeline",
    "http",
    "hub",
    "identity",
    "policies",
    "upstream",
    "telemetry",
  ],
  assembly: [
    "model",
    "listener",
    "health",
    "demo",
    "client-scripts",
    "config",
    "routing",
    "pipeline",
    "http",
    "hub",
    "auth",
    "identity",
    "policies",
    "upstream",
    "telemetry",
    "admin",
  ],
  workers: ["model", "config", "admin"],
  admin: [
    "model",
    "explain",
    "config",
    "routing",
    "pipeline",
    "http",
    "hub",
    "identity",
    "policies",
    "upstream",
    "telemetry",
  ],
};

interface Breach {
  readonly file: string;
  readonly imports: string;
  readonly rule: string;
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^;"'`]*?\bfrom\s*["']([^"'\n]+)["']|(?:^|\n)\s*import\s*["']([^"'\n]+)["']|\b(?:import|require)\(\s*["']([^"'\n]+)["']/g;

async function main(): Promise<void> {
  const breaches: Breach[] = [];
  let files = 0;
  for await (const file of new Bun.Glob("{apps,libs}/*/{src,test,agent}/**/*.{ts,tsx}").scan({ cwd: root })) {
    files += 1;
    breaches.push(...checkFile(file, await Bun.file(join(root, file)).text(), await declaredPackages(file)));
  }
  for (const breach of breaches) console.error(`${breach.file} imports ${breach.imports}: ${breach.rule}`);
  console.log(`import directions: ${files} files, ${breaches.length} breaches`);
  process.exit(breaches.length === 0 ? 0 : 1);
}

function checkFile(file: string, source: string, declared: ReadonlySet<string>): Breach[] {
  const breaches: Breach[] = [];
  for (const match of source.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3];
    if (specifier === undefined) continue;
    const rule = specifier.startsWith(".")
      ? checkRelative(file, specifier)
      : checkPackage(file, specifier, declared);
    if (rule !== null) breaches.push({ file, imports: specifier, rule });
  }
  return breaches;
}

function checkPackage(file: string, specifier: string, declared: ReadonlySet<string>): string | null {
  if (/^(node|bun):/.test(specifier) || specifier === "bun") return null;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (name.startsWith("@apps/") && file.startsWith("libs/")) return "a lib never imports an app";
  if (name.startsWith("@apps/") && !file.startsWith("apps/all-in-one/"))
    return "an app never imports another app";
  if (!declared.has(name)) return "the package is not named in this package's package.json";
  return null;
}

function checkRelative(file: string, specifier: string): string | null {
  const target = normalize(join(dirname(file), specifier));
  if (packageOf(target) !== packageOf(file)) return "a package is imported by its name, never by a path";
  // a command is a separate program, like main.ts
  const from = file.includes("/cli/") ? null : gatewayFolder(file);
  const to = gatewayFolder(target);
  if (from === null || to === null || from === to || file.includes(".test.") || file.includes(".contract."))
    return null;
  const allowed = gatewayFolders[from];
  if (allowed === undefined)
    return `${from} is not a known folder of the gateway: add it in scripts/check-imports.ts`;
  return allowed.includes(to) ? null : `${from} may import only from ${allowed.join(", ") || "nothing"}`;
}

function packageOf(file: string): string {
  return file.split("/", 2).join("/");
}

/** The folder of a gateway source file; `null` for the files beside the folders (main, build-gateway, environment) and other packages. */
function gatewayFolder(file: string): string | null {
  const inside = relative("apps/api-gateway/src", file);
  if (inside.startsWith("..") || !inside.includes("/")) return null;
  return inside.split("/", 1)[0] ?? null;
}

const manifests = new Map<string, ReadonlySet<string>>();

async function declaredPackages(file: string): Promise<ReadonlySet<string>> {
  const folder = packageOf(file);
  const known = manifests.get(folder);
  if (known !== undefined) return known;
  const manifest = await Bun.file(join(root, folder, "package.json")).json();
  const rootManifest = await Bun.file(join(root, "package.json")).json();
  const names = new Set([
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.devDependencies ?? {}),
    ...Object.keys(rootManifest.devDependencies),
  ]);
  manifests.set(folder, names);
  return names;
}

await main();
