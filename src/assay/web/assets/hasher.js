// One of the workers that hash files beside Python: SHA-256 of each file that it is sent.
import { hex, loaded } from "./kernels.js";

const BLOCK = 8 << 20; // bytes: the next such block is read while one is hashed; each read asks another process
let kernels;

// The browser's own digest is several times as fast, and wants the whole file at once.
const whole = async (file) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())));

const streamed = async (file, digest) => {
  const block = (at) => file.slice(at, at + BLOCK).arrayBuffer();
  let next = block(0);
  for (let at = 0; at < file.size; at += BLOCK) {
    const bytes = new Uint8Array(await next);
    next = at + BLOCK < file.size ? block(at + BLOCK) : null;
    digest.feed(bytes);
    postMessage({ done: bytes.length });
  }
  return digest.finish();
};

addEventListener("message", async ({ data: { path, file, most } }) => {
  const small = file.size <= most;
  if (!small) kernels ??= fetch(new URL("kernels.wasm", import.meta.url)).then((row) => row.arrayBuffer()).then(loaded);
  const digest = small ? null : (await kernels).digest();
  let sha256;
  try {
    sha256 = await (small ? whole(file) : streamed(file, digest));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    sha256 = ""; // it changed, or is gone
  }
  postMessage({ path, sha256, done: small ? file.size : 0 });
});
