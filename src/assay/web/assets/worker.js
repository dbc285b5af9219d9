// The worker: Python for WebAssembly with assay in it, and files that it reads a piece at a time.
import { shared } from "./digests.js";
import { loaded } from "./kernels.js";
import { loadPyodide } from "./pyodide/pyodide.mjs";

const post = (what, value, transfer = []) => postMessage({ what, value }, transfer);
const at = (path) => new URL(path, import.meta.url).href;
const requests = () => performance.getEntriesByType("resource").map((row) => row.name);
const plainly = fetch;
const fetched = async (path, options) => {
  const answer = await plainly(path, options);
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return answer;
};
// What is large is in gzip, whatever a host compresses; Pyodide asks for its own files by their names.
const PACKED = ["assay.zip", "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip"].map(at);
const unpacked = async (path) => {
  const { body } = await fetched(`${path}.packed`);
  const type = path.endsWith(".wasm") ? "application/wasm" : "application/zip";
  return new Response(body.pipeThrough(new DecompressionStream("gzip")), { headers: { "content-type": type } });
};
globalThis.fetch = (path, options) => (PACKED.includes(`${path}`) ? unpacked(`${path}`) : fetched(path, options));
const whole = async (path) => (await fetch(at(path))).arrayBuffer();
let tab, dossier, python, computing, hashed;

const boot = async ({ values }) => {
  const archive = whole("assay.zip");
  const kernels = values ? whole("kernels.wasm").then(loaded) : null;
  for (const row of [archive, kernels]) row?.catch(() => {}); // told below, where they are waited for
  python = await loadPyodide({ indexURL: at("pyodide/"), packages: [], createPyodideModule: globalThis.engine });
  python.unpackArchive(await archive, "zip", { extractDir: "/assay" }); // from the archive itself imports take longer
  python.runPython("import sys; sys.path.insert(0, '/assay')");
  tab = python.pyimport("assay.web.tab");
  computing = await kernels;
  if (computing) python.pyimport("assay.web.kernels").install(computing);
  const formats = tab.formats();
  post("ready", {
    version: python.runPython("from assay.version import VERSION; VERSION"),
    formats: formats.toJs(),
    requests: requests(),
  });
  formats.destroy();
  setTimeout(() => tab.warm()); // unless there is something to audit already
};

const reader = new FileReaderSync();
let last = ""; // the file that was read last: where Python is brought down, it is by that one
const BLOCK = 1 << 20, AHEAD = 4 << 20; // files are hashed in such blocks; each read asks another process
const read = (path, file) => {
  let ahead = new Uint8Array(0), start = 0;
  const slice = (from, count) => new Uint8Array(reader.readAsArrayBuffer(file.slice(from, from + count)));
  return (from, count) => {
    last = path;
    try {
      if (count < BLOCK) return slice(from, count);
      if (from < start || from + count > start + ahead.length) {
        ahead = slice(from, Math.max(count, AHEAD));
        start = from;
      }
      return ahead.subarray(from - start, from - start + count);
    } catch {
      return null; // it changed, or is gone
    }
  };
};

const bytes = (format) => {
  const found = tab.report(dossier, format);
  const buffer = found.getBuffer("u8");
  const out = buffer.data.slice();
  buffer.release();
  found.destroy();
  return out;
};

const audit = async ({ name, files, refused, fallen, policy, cost, most }) => {
  dossier?.destroy();
  dossier = undefined;
  let posted = 0;
  const progress = (label, done, total, unit) => {
    const now = performance.now();
    if (now - posted > 100 || done === total) {
      posted = now;
      post("progress", { label, done, total, unit });
    }
  };
  const rows = files.map(([path, file]) => [path, file.size, read(path, file)]);
  let beside = [];
  const elsewhere = (paths) => {
    const wanted = new Set(paths.toJs());
    const found = shared(files.filter(([path]) => wanted.delete(path)), Boolean(computing?.digests));
    if (found.length) {
      beside = new Promise((resolve) => { hashed = resolve; });
      post("digest", found);
    }
    return found.map(([path]) => path);
  };
  const walk = tab.walk(name, rows, refused, fallen);
  let begun;
  try {
    begun = tab.Audit.callKwargs(walk, { policy, cost, most: most ?? undefined, progress, elsewhere });
    post("waiting");
    dossier = begun.concluded(await beside);
  } finally {
    begun?.destroy();
    walk.destroy();
  }
  const head = tab.headline(dossier);
  const [verdict, sentence] = head.toJs();
  head.destroy();
  const page = bytes("html");
  post("done", { verdict, sentence, page, heap: python._module.HEAPU8.length, requests: requests() }, [page.buffer]);
};

const report = ({ format }) => {
  const ending = tab.formats().toJs().find(([name]) => name === format)[2];
  const out = bytes(format);
  post("report", { bytes: out, ending }, [out.buffer]);
};

let booted;
addEventListener("message", async ({ data }) => {
  if (data.what === "boot") {
    booted = boot(data);
    booted.catch((error) => post("failed", `Python could not be loaded: ${error.message}`));
    return;
  }
  if (data.what === "digests") { hashed(data.rows); return; }
  try {
    await booted;
    await ({ audit, report })[data.what](data);
  } catch (error) {
    if (error.pyodide_fatal_error) { post("died", last); return; }
    const lines = String(error.message || error).trim().split("\n");
    post("failed", lines[lines.length - 1]);
  }
});
