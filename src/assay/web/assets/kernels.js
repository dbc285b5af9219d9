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

  const copied = (proxy) => {
    const buffer = proxy.getBuffer("u8");
    const { length } = buffer.data;
    if (length > size) {
      if (room) exports.give(room);
      size = Math.max(length, 1 << 20);
      room = exports.take(size);
      if (!room) { size = 0; buffer.release(); throw new Error("the kernels are out of memory"); }
    }
    new Uint8Array(exports.memory.buffer, room, length).set(buffer.data);
    buffer.release();
    return length;
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
  return { begin, feed, finish, end: exports.end };
};
