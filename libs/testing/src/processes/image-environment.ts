import { join } from "node:path";

const dockerfile = join(import.meta.dir, "../../../../deploy/docker/Dockerfile");

/** What the container image sets for every app, so that what is tested and measured runs as what is deployed. Without what a build fills in. */
export async function imageEnvironment(): Promise<Readonly<Record<string, string>>> {
  const settings = (await Bun.file(dockerfile).text()).matchAll(/^ENV (\w+)=([^\s$]+)$/gm);
  return Object.fromEntries([...settings].map(([, name = "", value = ""]) => [name, value]));
}
