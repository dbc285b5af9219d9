// The kernels, and their border as assay.web.kernels calls it. Nothing in the module may reach anything outside of it.
export const loaded = async (bytes) => {
  const module = await WebAssembly.compile(bytes);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) { // what a C library brings along, unused
    (imports[from] ??= {})[name] = () => { throw new Error(`the kernels called ${name}`); };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  exports._initialize();
  let room = 0, size = 0; // where blocks are copied to

  const held = (bytes) => {
    if (bytes.length > size) {
      if (room) exports.give(room);
      size = Math.max(bytes.length, 1 << 20);
      room = exports.take(size);
      if (!room) { size = 0; throw new Error("the kernels are out of memory"); }
    }
    new Uint8Array(exports.memory.buffer, room, bytes.length).set(bytes);
    return bytes.length;
  };
  const copied = (proxy) => {
    const buffer = proxy.getBuffer("u8");
    try { return held(buffer.data); } finally { buffer.release(); }
  };
  // tables are copied in by `begin`, so that both can lie where blocks will
  const begin = (kind, count, columns, table, grid) => {
    const both = table.length ? copied(table) : grid.length ? copied(grid) : 0; // a type has one of them
    return exports.begin(kind, count, columns, room, table.length ? both : 0, room, grid.length ? both : 0);
  };
  const feed = (handle, block) => {
    const length = copied(block); // may move `room`
    exports.feed(handle, room, length);
  };
  const finish = (handle) => {
    const length = exports.finish(handle);
    return length ? new Uint8Array(exports.memory.buffer, exports.result(handle), length).slice() : null;
  };
  // SHA-256 of a stream, in hex; kernels of before it was there have none
  const digest = exports.digest_begin && (() => {
    const handle = exports.digest_begin();
    return {
      feed: (bytes) => { held(bytes); exports.digest_feed(handle, room, bytes.length); },
      finish: () => {
        held(new Uint8Array(32));
        exports.digest_end(handle, room);
        return hex(new Uint8Array(exports.memory.buffer, room, 32));
      },
    };
  });
  return { begin, feed, finish, end: exports.end, digest };
};

export const hex = (bytes) => [...bytes].map((row) => row.toString(16).padStart(2, "0")).join("");
