"use strict";
(() => {
  document.documentElement.classList.add("js");
  const reveal = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.hidden = false;
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details:not(.deep)").forEach((d) => {
    d.open = true;
  }));

  // the entry of the contents whose part of the page is on screen
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) {
    const part = document.getElementById(link.hash.slice(1));
    if (part) links.set(part, link);
  }
  let current = null;
  const follow = () => {
    let found = null;
    for (const [part, link] of links) if (part.getBoundingClientRect().top < 120) found = link;
    found = found || links.values().next().value;
    if (!found || found === current) return;
    if (current) current.removeAttribute("aria-current");
    found.setAttribute("aria-current", "true");
    current = found;
    const bar = document.getElementById("contents");
    if (bar.scrollWidth > bar.clientWidth) bar.scrollTo({ left: found.offsetLeft - 40 });
  };
  let waiting = false;
  if (links.size) {
    window.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; follow(); });
    }, { passive: true });
  }

  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const from = button.dataset.from ? document.getElementById(button.dataset.from) : button.previousElementSibling;
    await copied(button.dataset.text || from.textContent);
    const words = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 1500);
  });
  window.addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => {
    document.documentElement.classList.add("painted");
    if (links.size) follow();  // after the class: to ask where parts are lays each of them out that is not yet
    if (location.hash) reveal();
  }, location.hash ? 0 : 100)));  // when the first frame is on the screen: to lay all out takes what that needs
})();
