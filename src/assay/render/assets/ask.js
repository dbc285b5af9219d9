"use strict";
(() => {
  const strips = [...document.querySelectorAll("[data-strip]")];
  const heard = (strip) => document.querySelector(`[data-heard="${strip.dataset.strip}"]`);
  const before = (link) => {
    let text = "";
    for (let one = link.previousElementSibling; one; one = one.previousElementSibling) text = one.textContent + text;
    return text;
  };
  // the token of another answer that stands after the same text
  const same = (strip, text) => {
    let so = "";
    for (const link of strip.children) {
      if (so === text) return link;
      so += link.textContent;
      if (!text.startsWith(so)) return null;
    }
    return null;
  };
  const tell = (link) => {
    for (const strip of strips) {
      const found = strip.contains(link) ? link : same(strip, before(link));
      for (const old of strip.querySelectorAll(".same")) old.classList.remove("same");
      if (found && found !== link) found.classList.add("same");
      heard(strip).textContent = found ? found.title : "nothing stands here after the same words";
    }
  };
  let live = 0;
  for (const strip of strips) {
    // one stop of the Tab key for the whole answer; arrows go from token to token
    const stop = (link) => {
      for (const other of strip.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
      link.tabIndex = 0;
    };
    [...strip.children].forEach((link, at) => { link.tabIndex = at ? -1 : 0; });
    strip.addEventListener("focusin", (event) => {
      if (event.target.tagName !== "A") return;
      stop(event.target);
      tell(event.target);
    });
    strip.addEventListener("mouseover", (event) => { if (event.target.tagName === "A") tell(event.target); });
    strip.addEventListener("keydown", (event) => {
      const here = event.target;
      const to = { ArrowRight: here.nextElementSibling, ArrowLeft: here.previousElementSibling,
        Home: strip.firstElementChild, End: strip.lastElementChild }[event.key];
      if (!to) return;
      event.preventDefault();
      to.focus();
    });
    if (!strip.dataset.live) continue;
    live += 1;
    const source = new EventSource(strip.dataset.live);
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
    };
    source.onmessage = (message) => {
      const one = JSON.parse(message.data);
      if (one.over) {
        source.close();
        live -= 1;
        if (!live) location.reload();
        return;
      }
      if (one.n <= strip.children.length) return;
      const link = document.createElement("a");
      link.className = `t s${Number(one.step)}`;
      link.id = `${strip.dataset.strip}-${Number(one.n)}`;
      link.href = `${strip.dataset.link}${Number(one.n)}#token`;
      link.title = one.title;
      link.textContent = one.text;
      link.tabIndex = strip.children.length ? -1 : 0;
      strip.append(link);
    };
  }
})();
