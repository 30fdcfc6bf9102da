// Builds the webmail into one folder of static files: hashed chunks, Brotli beside each, a manifest for the server's table.
//   node build.mjs [OUT]      OUT defaults to dist/. No network is used.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "app"), { recursive: true });

// Icons: one sprite of the symbols that src/ui/icons.ts lists, so that nothing unused is sent.
const names = [...readFileSync(join(here, "src/ui/icons.ts"), "utf8").matchAll(/"([a-z0-9-]+)"/g)].map((m) => m[1]);
const symbols = names.map((name) => {
  const svg = readFileSync(join(here, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ");
  return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
});
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 10);
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
const spriteName = `app/icons-${hash(sprite)}.svg`;
writeFileSync(join(out, spriteName), sprite);

const result = await build({
  entryPoints: { main: join(here, "src/main.tsx"), app: join(here, "src/app.css") },
  outdir: join(out, "app"),
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  target: "es2022",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { SPRITE: JSON.stringify(`/${spriteName}`) },
  legalComments: "linked",
  logLevel: "warning",
});
const made = (entry) =>
  Object.entries(result.metafile.outputs)
    .find(([, o]) => o.entryPoint?.endsWith(entry))[0]
    .split("/")
    .pop();
const page = readFileSync(join(here, "src/index.html"), "utf8")
  .replaceAll("%SCRIPT%", `/app/${made("src/main.tsx")}`)
  .replaceAll("%STYLE%", `/app/${made("src/app.css")}`);
writeFileSync(join(out, "index.html"), page);
for (const name of ["manifest.webmanifest", "posthorn.svg", "icon-192.png", "icon-512.png"])
  writeFileSync(join(out, name), readFileSync(join(here, "src", name)));

// What the first page needs: the entry script and all that it imports before it runs.
const first = new Set([made("src/main.tsx")]);
for (const name of first)
  for (const i of result.metafile.outputs[Object.keys(result.metafile.outputs).find((o) => o.endsWith(`/${name}`))].imports)
    if (i.kind === "import-statement") first.add(i.path.split("/").pop());
// The shell that starts without the network: the first page and what it needs. Its name is that of this build.
const shell = {
  name: `shell-${hash([page, spriteName, ...Object.keys(result.metafile.outputs).sort()].join("\n"))}`,
  files: [...[...first].map((name) => `/app/${name}`), `/app/${made("src/app.css")}`, `/${spriteName}`, "/posthorn.svg"],
};
// The service worker stands at the root, so that it may serve all of the app; it is one file.
await build({
  entryPoints: [join(here, "src/worker/service_worker.ts")],
  outfile: join(out, "service-worker.js"),
  bundle: true,
  format: "iife",
  minify: true,
  target: "es2022",
  define: { SHELL: JSON.stringify(shell) },
  logLevel: "warning",
});

// Text is compressed once, here, as hard as Brotli can: the server only copies it out.
const sizes = [];
for (const file of readdirSync(out, { recursive: true, withFileTypes: true })) {
  if (!file.isFile()) continue;
  const path = join(file.parentPath, file.name);
  const bytes = readFileSync(path);
  const packed = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  writeFileSync(`${path}.br`, packed);
  sizes.push({ file: path.slice(out.length + 1), bytes: bytes.length, brotli: packed.length });
}
writeFileSync(join(out, "sizes.json"), JSON.stringify({ first: [...first], files: sizes }, null, 1));
