// The kernels, and their border as assay.web.kernels calls it. Nothing in the module may reach anything outside of it.
export const LANES = 4; // streams that are hashed side by side: as PortableSha256::LANES in native/src/digest.hpp

export const loaded = async (bytes) => {
  const module = await WebAssembly.compile(bytes);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) { // what a C library brings along, unused
    (imports[from] ??= {})[name] = () => { throw new Error(`the kernels called ${name}`); };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  exports._initialize();
  let room = 0, size = 0; // where blocks are copied to, one after another

  const held = (...blocks) => {
    const all = blocks.reduce((sum, bytes) => sum + bytes.length, 0);
    if (all > size) {
      if (room) exports.give(room);
      size = Math.max(all, 1 << 20);
      room = exports.take(size);
      if (!room) { size = 0; throw new Error("the kernels are out of memory"); }
    }
    let next = room;
    return blocks.map((bytes) => {
      const at = next;
      new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
      next += bytes.length;
      return at;
    });
  };
  const copied = (proxy) => {
    const buffer = proxy.getBuffer("u8");
    try {
      held(buffer.data);
      return buffer.data.length;
    } finally { buffer.release(); }
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
  return { begin, feed, finish, end: exports.end, digests: exports.digests_feed && hashing(exports, held) };
};

// SHA-256 of streams, by their handles: the next block of each of at most LANES of them, in the end its digest in hex.
const hashing = (exports, held) => {
  const spare = exports.digest_begin(), rows = exports.take(3 * LANES * 4);
  const feed = (handles, blocks) => {
    const places = held(...blocks), sizes = blocks.map((bytes) => bytes.length);
    if (handles.length < LANES - 1) { // lanes that are empty take as long as full ones
      handles.forEach((handle, lane) => exports.digest_feed(handle, places[lane], sizes[lane]));
      return;
    }
    const lanes = [...sizes.keys(), 0].slice(0, LANES);
    const row = [...handles, spare].slice(0, LANES);
    new Uint32Array(exports.memory.buffer, rows, 3 * LANES)
      .set([...row, ...lanes.map((lane) => places[lane]), ...lanes.map((lane) => sizes[lane])]);
    exports.digests_feed(rows);
  };
  const finish = (handle) => {
    const [at] = held(new Uint8Array(32));
    exports.digest_end(handle, at);
    return hex(new Uint8Array(exports.memory.buffer, at, 32));
  };
  return { begin: exports.digest_begin, feed, finish };
};

export const hex = (bytes) => [...bytes].map((row) => row.toString(16).padStart(2, "0")).join("");
