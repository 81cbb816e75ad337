// Builds src/ into static/dist/: hashed files, each with .gz and .br beside it, and manifest.json,
// by which `libs/web/assets.py` finds them. Fails where a page is larger than its budget.
// `node build.mjs --watch` builds again whenever a source changes.
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const src = join(here, "src");
const dist = join(here, "static", "dist");
const KB = 1024;

// The first paint of each surface: what its page needs before anything is asked for lazily.
// Sizes are of gzip -9. The rest of a page's budget (UI guide, section 6) is its HTML.
const BUDGETS = {
  citizen: { js: 24 * KB, css: 14 * KB },
  console: { js: 40 * KB, css: 16 * KB },
  reports: { js: 45 * KB, css: 14 * KB },
  ops: { js: 24 * KB, css: 14 * KB },
  admin: { js: 24 * KB, css: 14 * KB },
  developers: { js: 24 * KB, css: 14 * KB },
};

const entries = readdirSync(src).filter((name) => /^entry-.+\.(js|css)$/.test(name));

const options = {
  entryPoints: entries.map((name) => ({ in: join(src, name), out: name.replace(/^entry-|\.\w+$/g, "") })),
  outdir: dist,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  sourcemap: "linked",
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".png": "file", ".svg": "file" },
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
};

function hashed(name, bytes) {
  const [stem, ending] = [name.replace(/\.\w+$/, ""), name.split(".").pop()];
  const file = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.${ending}`;
  writeFileSync(join(dist, file), bytes);
  return file;
}

function size(file) {
  return gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
}

/** The files that load with an entry: itself and what it imports at once, not what it imports late. */
function atOnce(outputs, file) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const one of outputs[name].imports) if (one.kind === "import-statement") visit(one.path);
  };
  visit(file);
  return [...found];
}

async function serviceWorker(manifest, version) {
  if (!readdirSync(src).includes("sw.js")) return;
  const needed = ["citizen.js", "citizen.css", "icons.svg", "draft.js", "report.js", "find.js", "outbox.js", "mine.js"];
  const precache = [...new Set(needed.flatMap((name) => [manifest[name].file, ...manifest[name].imports]))];
  const built = await esbuild.build({
    entryPoints: [join(src, "sw.js")], bundle: true, format: "iife", minify: true, write: false,
    target: options.target, define: { VERSION: JSON.stringify(version), PRECACHE: JSON.stringify(precache) },
  });
  writeFileSync(join(dist, "sw.js"), built.outputFiles[0].contents);
}

async function finish(result) {
  const manifest = {};
  const short = (path) => path.split("/").pop();
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (!output.entryPoint) continue;
    const name = short(output.entryPoint).replace(/^entry-/, "");
    const files = atOnce(result.metafile.outputs, path).map(short);
    manifest[name] = { file: files[0], imports: files.slice(1) };
  }
  for (const name of ["icons.svg", "icon.svg"]) manifest[name] = { file: hashed(name, readFileSync(join(src, name))), imports: [] };
  const version = createHash("sha256").update(JSON.stringify(manifest)).digest("hex").slice(0, 8);
  await serviceWorker(manifest, version);
  writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1));

  const tooLarge = [];
  const row = (what, bytes, budget) => {
    console.log(`${what.padEnd(16)} ${(bytes / KB).toFixed(1).padStart(6)} KB of ${(budget / KB).toFixed(0)}`);
    if (bytes > budget) tooLarge.push(what);
  };
  for (const [surface, budget] of Object.entries(BUDGETS)) {
    for (const kind of ["js", "css"]) {
      const entry = manifest[`${surface}.${kind}`];
      if (entry) row(`${surface}.${kind}`, [entry.file, ...entry.imports].reduce((sum, file) => sum + size(file), 0), budget[kind]);
    }
  }
  for (const file of readdirSync(dist).filter((name) => /\.(js|css|svg)$/.test(name))) {
    const bytes = readFileSync(join(dist, file));
    writeFileSync(join(dist, `${file}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(dist, `${file}.br`), brotliCompressSync(bytes));
  }
  if (tooLarge.length) throw new Error(`over budget: ${tooLarge.join(", ")}`);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
if (process.argv.includes("--watch")) {
  const again = { name: "again", setup: (build) => build.onEnd((result) => finish(result).catch(console.error)) };
  const context = await esbuild.context({ ...options, plugins: [again] });
  await context.watch();
} else {
  await finish(await esbuild.build(options)).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
