// Under Node, when a site is built: runs compile.py in the Python of the site. Beside it lie Pyodide and assay.zip.
import fs from "node:fs";
import { loadPyodide } from "./pyodide.mjs";

const python = await loadPyodide({ packages: [] });
python.unpackArchive(new Uint8Array(fs.readFileSync("assay.zip")).buffer, "zip", { extractDir: "/assay" });
python.runPython(fs.readFileSync("compile.py", "utf8"));
fs.writeFileSync("compiled.zip", python.FS.readFile("/compiled.zip"));
