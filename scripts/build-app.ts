/**
 * `bun ../../scripts/build-app.ts [OUTDIR]` in an app's directory: writes the app as one program to `dist/main.js`, in place of a thousand modules. It starts in
 * less time, and less of it is in memory for every garbage collection to visit. It runs from where it was built: worker threads, files
 * beside the sources and packages that are loaded on demand stay where they are.
 */
import { rm } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { BunPlugin } from "bun";

/** Become part of the program: every request passes through them, and they consist of many small modules. All others stay packages. */
const inlinedPackages =
  /^(@apps|@libs|@cartway|@elysiajs|@sinclair\/typebox|elysia|memoirist|exact-mirror|cookie|fast-decode-uri-component)(\/|$)/;

/** @throws {AggregateError} with what the bundler found */
async function buildApp(app: string, outdir: string): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  const result = await Bun.build({
    entrypoints: [join(app, "src/main.ts")],
    outdir,
    target: "bun",
    // what is imported on demand is loaded on demand
    splitting: true,
    plugins: [keepPackages(outdir), keepPlaces(outdir)],
    throw: false,
  });
  if (!result.success) throw new AggregateError(result.logs, `${app} was not built`);
}

/** Leaves packages where they are installed, each under the path that the importing module has for it. */
function keepPackages(outdir: string): BunPlugin {
  return {
    name: "keep packages",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
        inlinedPackages.test(path)
          ? undefined
          : { path: installedPath(path, importer, outdir), external: true },
      );
    },
  };
}

/** From `outdir`, where all chunks are; the name itself of what belongs to Bun and of an optional package that is not installed. */
function installedPath(name: string, importer: string, outdir: string): string {
  try {
    const path = Bun.resolveSync(name, dirname(importer));
    return isAbsolute(path) ? relative(outdir, path) : name;
  } catch {
    return name;
  }
}

/** Lets `import.meta` mean the source: modules start worker threads and read files by it. */
function keepPlaces(outdir: string): BunPlugin {
  return {
    name: "keep places",
    setup(build) {
      build.onLoad({ filter: /\/(apps|libs)\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
        const url = `new URL(${JSON.stringify(relative(outdir, path))}, import.meta.url)`;
        const folder = `Bun.fileURLToPath(new URL(".", ${url}))`;
        const text = await Bun.file(path).text();
        const contents = text
          .replaceAll("import.meta.url", `${url}.href`)
          .replaceAll("import.meta.dir", folder)
          .replaceAll(
            /import\.meta\.resolve\(([^)]+)\)/g,
            `Bun.pathToFileURL(Bun.resolveSync($1, ${folder})).href`,
          );
        return { contents, loader: "ts" };
      });
    },
  };
}

if (import.meta.main) await buildApp(resolve("."), resolve(process.argv[2] ?? "dist"));
