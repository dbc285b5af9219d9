// Files hashed beside Python, several at once: each in a worker that lives as long as there is something to hash.
import { LANES } from "./kernels.js";

const CROWD = Math.min(4, navigator.hardwareConcurrency || 1);
const LEAST = 8 << 20; // bytes below which starting workers takes longer than Python does
// Bytes that one worker may have in memory at once, and again where the browser copies what it digests; without https
// or localhost a browser has no digest.
const WHOLE = globalThis.crypto.subtle ? (32 << 20) / CROWD : 0;

// Those of some files, [path, File], that are hashed beside Python; `streams` says whether large ones can be.
export const shared = (files, streams) => {
  const found = files.filter(([, file]) => streams || file.size <= WHOLE);
  return found.reduce((sum, [, file]) => sum + file.size, 0) < LEAST ? [] : found;
};

// A worker that is made from a blob inherits the page's policy; one from an address would have none of its own. `more`
// is a script besides, as text: the policy lets nothing else run what was unpacked.
export const own = (script, more = "") => {
  const source = `import ${JSON.stringify(new URL(script, import.meta.url).href)};\n${more}`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(address, { type: "module" });
};

// The digests of files, as [path, hex], hex being empty of what the browser no longer reads; and what ends the work.
export const digests = (files, told) => {
  const left = [...files].sort(([, one], [, other]) => other.size - one.size), found = [], workers = [];
  const total = left.reduce((sum, [, file]) => sum + file.size, 0);
  let done = 0;
  const stop = () => workers.forEach((worker) => worker.terminate());
  const lanes = Math.ceil(left.filter(([, file]) => file.size > WHOLE).length / CROWD);
  const finished = new Promise((resolve, reject) => {
    const next = (worker) => {
      const [path, file] = left.shift() ?? [];
      if (file) worker.postMessage({ path, file, most: WHOLE });
      else if (found.length === files.length) resolve(found);
    };
    for (let count = Math.min(CROWD, files.length); count; count--) {
      const worker = own("hasher.js");
      workers.push(worker);
      worker.addEventListener("message", ({ data }) => {
        told(done += data.done, total);
        if (data.path === undefined) return;
        found.push([data.path, data.sha256]);
        next(worker);
      });
      worker.addEventListener("error", (event) => reject(new Error(event.message || "files could not be hashed")));
    }
    // as many streams in each worker as go on side by side; each that ends makes room for another file
    for (let lane = Math.max(1, Math.min(LANES, lanes)); lane; lane--) workers.forEach(next);
  }).finally(stop);
  return { finished, stop };
};
