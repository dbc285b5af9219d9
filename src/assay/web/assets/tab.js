// The page: takes files, has the worker audit them, shows the report. What comes from files is only ever set as text.
import { digests, own } from "./digests.js";

const by = (id) => document.getElementById(id);
const { quick, values } = document.querySelector("script[data-quick]").dataset;
const QUICK = Number(quick), COST = values ? "pass" : "header"; // what is hashed at once; what a measure may cost
const DEEPEST = 64, MOST = 100_000; // folders inside folders, and files, that are taken
const LIVES = 10; // times that Python is started again for one model
let engine, worker, ready, told, model, hashing, running = false;

const started = () => {
  hashing?.stop();
  worker = own("worker.js", engine);
  worker.postMessage({ what: "boot", values: Boolean(values) });
  ready = new Promise((resolve, reject) => {
    told = { ready: resolve, failed: (words) => { reject(new Error(words)); failed(words); } };
  });
  ready.catch(() => {});
  worker.addEventListener("message", ({ data }) => told[data.what]?.(data.value));
  worker.addEventListener("error", (event) => told.failed(event.message || "the worker could not be loaded"));
  ready.then((value) => {
    by("format").replaceChildren(...value.formats.map(([name, title]) => new Option(`${name}: ${title}`, name)));
    by("format").value = "html";
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
    if (!model) say(`Ready: assay ${value.version}, loaded in ${(performance.now() / 1000).toFixed(1)} s.`);
    seen(value.requests);
    keep();
  }, () => {});
};

const say = (text) => { by("status").textContent = text; };
const busy = (yes) => {
  running = yes;
  by("stop-row").hidden = by("progress").hidden = !yes;
};

const seen = (requests) => {
  const all = [...performance.getEntriesByType("resource").map((row) => row.name), ...requests];
  const hosts = [...new Set(all.filter((row) => row.startsWith("http")).map((row) => new URL(row).host))];
  by("requests").textContent = `Requests since the page was opened, by the page and its worker: ${all.length}, to `
    + `${hosts.join(", ") || location.host}.`;
};

const size = (bytes) => {
  for (const [unit, each] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (bytes >= each) return `${(bytes / each).toFixed(1)} ${unit}`;
  }
  return `${bytes} bytes`;
};

// --- what was dropped or chosen: { name, files: [[path, File]], refused: [[path, why]] } ---

const below = async (entry, path, depth, out) => {
  if (out.files.length + out.refused.length >= MOST) throw new Error(`more than ${MOST.toLocaleString("en")} files`);
  if (entry.isFile) {
    await new Promise((resolve) => entry.file(
      (file) => { out.files.push([path, file]); resolve(); },
      (error) => { out.refused.push([path, error.name]); resolve(); },
    ));
    return;
  }
  if (depth > DEEPEST) { out.refused.push([path, `folders are nested deeper than ${DEEPEST}`]); return; }
  const reader = entry.createReader();
  for (;;) {
    let rows;
    try {
      rows = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    } catch (error) { out.refused.push([path || ".", error.name]); return; }
    if (!rows.length) return;
    for (const row of rows) await below(row, path ? `${path}/${row.name}` : row.name, depth + 1, out);
  }
};

const dropped = async (items) => {
  // an item can be asked only until the first wait; what is no place in a file system is a file all the same
  const found = [...items].filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry() || item.getAsFile());
  const alone = found.length === 1;
  const out = { name: alone ? found[0].name : "dropped", files: [], refused: [] };
  for (const row of found) {
    if (row instanceof File) out.files.push([row.name, row]);
    else await below(row, alone && row.isDirectory ? "" : row.name, 0, out);
  }
  return out;
};

const chosen = (list) => {
  const files = [...list];
  const inside = files[0]?.webkitRelativePath || "";
  if (inside) {
    const cut = inside.indexOf("/") + 1;
    return { name: inside.slice(0, cut - 1), refused: [],
      files: files.map((file) => [file.webkitRelativePath.slice(cut), file]) };
  }
  return { name: files.length === 1 ? files[0].name : "dropped", refused: [],
    files: files.map((file) => [file.name, file]) };
};

// --- one audit ---

const audit = async (whole, fallen = []) => {
  if (running) { // what is under way would be shown as this one's
    worker.terminate();
    started();
  }
  busy(true);
  by("result").hidden = true;
  by("progress").removeAttribute("value");
  const total = model.files.reduce((sum, [, file]) => sum + file.size, 0);
  const most = whole || total <= QUICK ? null : QUICK;
  const files = model.files.filter(([path]) => !fallen.includes(path));
  const without = fallen.length ? `, without ${fallen.length} that brought Python down` : "";
  say(`Auditing ${model.name}: ${files.length.toLocaleString("en")} files, ${size(total)}${without}.`);
  const mine = worker;
  try { await ready; } catch { return; }
  if (mine !== worker) return; // another model was dropped meanwhile
  const begun = performance.now();
  let waiting = false; // for digests, while Python has nothing to do
  const progress = ({ label, done, total: all, unit }) => {
    by("progress").max = all;
    by("progress").value = done;
    const rate = unit === "bytes" ? `${size(done)} of ${size(all)}` : `${done} of ${all} ${unit}`;
    say(`${label}: ${rate}.`);
  };
  told.progress = progress;
  told.digest = (shared) => {
    hashing = digests(shared, (done, all) => {
      if (waiting) progress({ label: "hashing", done, total: all, unit: "bytes" });
    });
    hashing.finished.then((rows) => mine.postMessage({ what: "digests", rows }), (error) => told.failed(error.message));
  };
  told.waiting = () => { waiting = true; };
  told.failed = failed;
  told.died = (path) => {
    busy(false);
    worker.terminate();
    started();
    if (!path || fallen.length >= LIVES || fallen.includes(path)) {
      failed("Python was brought down. On a command line each file is read in a process of its own.");
      return;
    }
    audit(whole, [...fallen, path]);
  };
  told.done = (value) => {
    busy(false);
    const seconds = (performance.now() - begun) / 1000;
    document.documentElement.dataset.seconds = seconds.toFixed(3);
    document.documentElement.dataset.heap = String(value.heap);
    show(value, most, total);
    say(`Audited ${model.name} in ${seconds.toFixed(1)} s.`);
    seen(value.requests);
  };
  worker.postMessage({ what: "audit", ...model, files, fallen, policy: by("policy").value, cost: COST, most });
};

const show = ({ verdict, sentence, page }, most, total) => {
  by("result").hidden = false;
  by("result-title").textContent = `${model.name}: ${verdict}`;
  by("sentence").textContent = sentence;
  by("rest").hidden = most === null;
  by("rest").textContent = `Read all ${size(total)}`;
  const quoted = /^[\w.@+-]+$/.test(model.name) ? model.name : `'${model.name.replaceAll("'", "'\\''")}'`;
  by("command").textContent = `assay audit ${quoted} --cost ${COST} --policy ${by("policy").value}`
    + (most === null ? "" : ` --max-bytes ${most}`);
  const old = by("report").src;
  by("report").src = URL.createObjectURL(new Blob([page], { type: "text/html" }));
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
};

const failed = (words) => {
  busy(false);
  by("result").hidden = true;
  say(`Not audited, so nothing is known of it: ${words}`);
};

const take = async (found) => {
  try {
    model = await found;
    await first;
  } catch (error) { failed(error.message); return; }
  audit(by("whole").checked);
};

// --- what the page listens to ---

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    by("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.items.length) take(dropped(event.dataTransfer.items));
  });
}
for (const id of ["folder", "files"]) {
  by(id).addEventListener("change", (event) => {
    if (event.target.files.length) take(Promise.resolve(chosen(event.target.files)));
    event.target.value = "";
  });
}
by("rest").addEventListener("click", () => audit(true));
by("stop").addEventListener("click", () => {
  worker.terminate();
  started();
  failed("it was stopped.");
});
by("save").addEventListener("click", () => {
  told.report = ({ bytes, ending }) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = `${model.name}${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  worker.postMessage({ what: "report", format: by("format").value });
});

// --- a copy for the time without a network, once nothing else is loading ---

const keep = async () => {
  if (!navigator.serviceWorker) {
    by("kept").textContent = "No copy is kept for offline use: that needs https.";
    return;
  }
  try {
    await navigator.serviceWorker.register("offline.js");
    await navigator.serviceWorker.ready;
    by("kept").textContent = "A copy of this site is kept in the browser: it works without a network from now on.";
    document.documentElement.dataset.kept = "yes";
  } catch (error) {
    by("kept").textContent = `No copy is kept for offline use: ${error.message}`;
  }
};

// Pyodide's own script, which becomes part of the worker's: it says by `export default` what makes a Python
const unpacked = async (path) => {
  const answer = await fetch(new URL(path, import.meta.url));
  if (!answer.ok) throw new Error(`Python could not be loaded: ${answer.url}: ${answer.status}`);
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).text();
};
const first = unpacked("pyodide/pyodide.asm.mjs.packed").then((script) => {
  engine = `${script}\nglobalThis.engine = _createPyodideModule;`;
  started();
});
first.catch((error) => failed(error.message));
