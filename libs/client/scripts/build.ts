/**
 * Builds the published package: `dist/` with an ES module, a single file for script tags, declarations and a package.json. Fails where
 * the script-tag file exceeds its promised size.
 */
import { $ } from "bun";

const root = `${import.meta.dir}/..`;
const gzipBytesMax = 6144;

async function bundle(entry: string, format: "esm" | "iife", name: string): Promise<number> {
  const result = await Bun.build({
    entrypoints: [`${root}/src/${entry}`],
    outdir: `${root}/dist`,
    naming: name,
    format,
    minify: true,
    target: "browser",
    sourcemap: "linked",
  });
  if (!result.success) throw new AggregateError(result.logs, `${name} was not built`);
  const path = `${root}/dist/${name}`;
  // added by the bundler, and useless to a page
  const text = (await Bun.file(path).text()).replace(/^\/\/# debugId=.*\n/m, "");
  await Bun.write(path, text);
  return Bun.gzipSync(text, { level: 9 }).byteLength;
}

async function writeDeclarations(): Promise<void> {
  await $`${root}/../../node_modules/.bin/tsc -p ${root}/tsconfig.build.json`.quiet();
  for await (const file of new Bun.Glob("types/**/*.d.ts").scan(`${root}/dist`)) {
    const path = `${root}/dist/${file}`;
    await Bun.write(path, (await Bun.file(path).text()).replaceAll(/(from ".*)\.ts"/g, '$1.js"'));
  }
}

async function writePackage(): Promise<void> {
  const { name, version, description, license, type } = await Bun.file(`${root}/package.json`).json();
  const published = {
    name,
    version,
    description,
    license,
    type,
    sideEffects: ["./cartway.global.js"],
    exports: {
      ".": { types: "./types/index.d.ts", default: "./cartway.js" },
      "./global": "./cartway.global.js",
    },
  };
  await Bun.write(`${root}/dist/package.json`, `${JSON.stringify(published, null, 2)}\n`);
  await Bun.write(`${root}/dist/README.md`, Bun.file(`${root}/README.md`));
}

await $`rm -rf ${root}/dist`;
const moduleBytes = await bundle("index.ts", "esm", "cartway.js");
const scriptBytes = await bundle("script-tag.ts", "iife", "cartway.global.js");
await writeDeclarations();
await writePackage();
console.log(`cartway.js ${moduleBytes} bytes, cartway.global.js ${scriptBytes} bytes (gzip)`);
if (scriptBytes > gzipBytesMax)
  throw new Error(`cartway.global.js has more than ${gzipBytesMax} bytes (gzip)`);
