(() => {
  const by = (id) => document.getElementById(id);
  const bar = by("filter");
  if (!bar) return;
  const all = Array.from(document.querySelectorAll(".one"));
  const texts = new Map();
  const said = (row) => {
    if (!texts.has(row)) texts.set(row, row.closest(".finding, li, tr").textContent.toLowerCase());
    return texts.get(row);
  };
  const apply = () => {
    const kind = by("filter-kind").value, question = by("filter-question").value, file = by("filter-file").value;
    const words = by("filter-text").value.trim().toLowerCase();
    const any = kind || question || file || words;
    let shown = 0;
    for (const row of all) {
      const of = (key) => row.closest(`[data-${key}]`).dataset[key]; // of the row, or of the list that it stands in
      const fits = (!kind || of("k") === kind) && (!question || of("q") === question)
        && (!file || row.dataset.f.split("\n").includes(file)) && (!words || said(row).includes(words));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const box of document.querySelectorAll(".finding, .efforts tbody > tr, details.rest")) {
      box.hidden = any && !box.querySelector(".one:not([hidden])");
      if (box.matches("details.rest") && any) box.open = !box.hidden;
    }
    by("filter-count").textContent = any ? shown + " of " + all.length + " answers on this page" : all.length + " answers on this page";
  };
  const matters = by("matters");
  const sort = () => {
    const key = by("sort").value;
    const value = (row) => key === "c" ? row.dataset.c : key === "f" ? row.querySelector(".one").dataset.f : "";
    const rows = Array.from(matters.children);
    rows.sort((a, b) => value(a).localeCompare(value(b)) || a.dataset.s - b.dataset.s);
    matters.append(...rows);
  };
  for (const id of ["filter-kind", "filter-question", "filter-file"]) by(id).addEventListener("change", apply);
  by("filter-text").addEventListener("input", apply);
  by("sort").addEventListener("change", sort);
  by("filter-count").textContent = all.length + " answers on this page";
})();
