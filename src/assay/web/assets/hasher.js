// One of the workers that hash files beside Python: SHA-256 of each file that it is sent, several side by side.
import { hex, loaded } from "./kernels.js";

const BLOCK = 1 << 20; // bytes of a file that are read at a time
let kernels, kept = new ArrayBuffer(0), quiet = Promise.resolve();

// What reads the next bytes of a file into a buffer, as many as fit. They come back with the buffer, which has moved
// meanwhile; a browser without streams of bytes brings a buffer of its own. Memory that is used again is none that
// waits to be collected, of which there would be more than of what is read.
const reading = (file) => {
  let reader, from = 0;
  try { reader = file.stream().getReader({ mode: "byob" }); } catch { /* there are none */ }
  return async (buffer) => {
    const most = Math.min(buffer.byteLength, file.size - from);
    if (!reader) buffer = await file.slice(from, from + most).arrayBuffer();
    for (let at = 0; reader && at < most;) {
      const { done, value } = await reader.read(new Uint8Array(buffer, at, most - at));
      if (done) throw new DOMException("it ended early", "NotReadableError");
      buffer = value.buffer;
      at += value.length;
    }
    from += most;
    if (from === file.size) reader?.cancel();
    return new Uint8Array(buffer, 0, most);
  };
};

// The digest of what the browser no longer reads: it changed, or is gone.
const unread = (error) => {
  if (!(error instanceof DOMException)) throw error;
  return "";
};

// The browser's own digest is several times as fast, and wants the whole file at once.
const whole = async (path, file) => {
  if (kept.byteLength < file.size) kept = new ArrayBuffer(file.size);
  let sha256;
  try {
    const bytes = await reading(file)(kept);
    kept = bytes.buffer;
    sha256 = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  } catch (error) { sha256 = unread(error); }
  postMessage({ path, sha256, done: file.size });
};

const streams = []; // those under way: { path, left, next, buffer, digest, sha256 }

const block = async (stream) => {
  try {
    return await stream.next(stream.buffer);
  } catch (error) {
    stream.sha256 = unread(error);
    return new Uint8Array(0);
  }
};

// All streams together, a block of each at a time, until none is left.
const streamed = async () => {
  kernels ??= fetch(new URL("kernels.wasm", import.meta.url)).then((row) => row.arrayBuffer()).then(loaded);
  const { begin, feed, finish } = (await kernels).digests;
  while (streams.length) {
    const now = [...streams], blocks = await Promise.all(now.map(block));
    for (const stream of now) stream.digest ??= begin();
    feed(now.map(({ digest }) => digest), blocks);
    postMessage({ done: blocks.reduce((sum, bytes) => sum + bytes.length, 0) });
    for (const [place, stream] of now.entries()) {
      stream.left -= blocks[place].length;
      stream.buffer = blocks[place].buffer;
      if (!stream.left) stream.sha256 ??= finish(stream.digest);
      if (stream.sha256 === undefined) continue;
      streams.splice(streams.indexOf(stream), 1);
      postMessage({ path: stream.path, sha256: stream.sha256, done: 0 });
    }
  }
};

addEventListener("message", ({ data: { path, file, most } }) => {
  if (file.size <= most) { quiet = quiet.then(() => whole(path, file)).catch(reportError); return; }
  const stream = { path, left: file.size, next: reading(file), buffer: new ArrayBuffer(BLOCK) };
  if (streams.push(stream) === 1) streamed().catch(reportError);
});
