// What the page's worker does, under Node: node node.mjs SITE OUT OPTIONS MODEL...
// Each model's dossier goes to OUT, under its number; OPTIONS are those of `assay.web.tab.audited`, as JSON. A model
// that is a Python file is run instead.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";

const [site, out, options, ...models] = process.argv.slice(2);
const here = fs.mkdtempSync(path.join(os.tmpdir(), "assay-site-")); // the site, as the worker unpacks it
fs.cpSync(site, here, { recursive: true });
for (const name of ["assay.zip", "pyodide/pyodide.asm.mjs", "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip"]) {
  fs.writeFileSync(path.join(here, name), zlib.gunzipSync(fs.readFileSync(path.join(here, `${name}.packed`))));
}
const { loadPyodide } = await import(pathToFileURL(path.join(here, "pyodide", "pyodide.mjs")).href);
const python = await loadPyodide({ indexURL: path.join(here, "pyodide") + path.sep, packages: [] });
const archive = new Uint8Array(fs.readFileSync(path.join(here, "assay.zip")));
fs.rmSync(here, { recursive: true });
python.unpackArchive(archive.buffer, "zip", { extractDir: "/assay" });
python.runPython("import sys; sys.path.insert(0, '/assay')");
const tab = python.pyimport("assay.web.tab");
const kernels = path.join(site, "kernels.wasm");
if (fs.existsSync(kernels)) {
  const { loaded } = await import(pathToFileURL(path.join(site, "kernels.js")).href);
  python.pyimport("assay.web.kernels").install(await loaded(fs.readFileSync(kernels)));
}

const below = (root, inside = "") => fs.readdirSync(path.join(root, inside), { withFileTypes: true }).flatMap((row) => {
  const here = inside ? `${inside}/${row.name}` : row.name;
  return row.isDirectory() ? below(root, here) : row.isFile() ? [here] : [];
});
const read = (file) => (from, count) => {
  const to = new Uint8Array(count);
  return to.subarray(0, fs.readSync(file, to, 0, count, from));
};

for (const [number, model] of models.entries()) {
  if (model.endsWith(".py")) {
    python.runPython(fs.readFileSync(model, "utf8"));
    continue;
  }
  const whole = fs.statSync(model).isFile();
  const names = whole ? [path.basename(model)] : below(model);
  const opened = names.map((name) => fs.openSync(whole ? model : path.join(model, name)));
  const rows = names.map((name, at) => [name, fs.fstatSync(opened[at]).size, read(opened[at])]);
  const begun = performance.now();
  const walk = tab.walk(path.basename(model), rows);
  const dossier = tab.audited.callKwargs(walk, JSON.parse(options));
  const bytes = tab.report(dossier, "json");
  fs.writeFileSync(path.join(out, `${number}.json`), bytes.toJs());
  for (const proxy of [walk, dossier, bytes]) proxy.destroy();
  opened.forEach((file) => fs.closeSync(file));
  const seconds = (performance.now() - begun) / 1000;
  console.log(JSON.stringify({ model, seconds, heap: python._module.HEAPU8.length }));
}
