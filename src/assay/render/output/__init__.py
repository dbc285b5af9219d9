"""The formats of a report, one per file: `RENDER = Renderer(id, title, write)`, found by listing this folder."""
