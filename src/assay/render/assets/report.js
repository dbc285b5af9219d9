"use strict";
(() => {
  const bar = document.getElementById("filter");
  const kind = document.getElementById("filter-kind");
  const text = document.getElementById("filter-text");
  const count = document.getElementById("filter-count");
  const findings = Array.from(document.querySelectorAll("#findings .finding"));
  const apply = () => {
    const words = text.value.trim().toLowerCase();
    let shown = 0;
    for (const finding of findings) {
      const right = !kind.value || finding.classList.contains(kind.value);
      const fits = right && (!words || finding.textContent.toLowerCase().includes(words));
      finding.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = shown + " of " + findings.length;
    for (const details of document.querySelectorAll("#findings details.rest")) {
      if (words || kind.value) details.open = true;
    }
  };
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  bar.hidden = false;
  kind.addEventListener("change", apply);
  text.addEventListener("input", apply);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  apply();
  reveal();
})();
