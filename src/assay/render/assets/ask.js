"use strict";
(() => {
  const strip = document.getElementById("strip");
  if (!strip) return;
  // one stop of the Tab key for the whole answer; arrows go from token to token
  const stop = (link) => {
    for (const other of strip.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    link.tabIndex = 0;
  };
  strip.querySelectorAll("a").forEach((link, at) => { link.tabIndex = at ? -1 : 0; });
  strip.addEventListener("focusin", (event) => { if (event.target.tagName === "A") stop(event.target); });
  strip.addEventListener("keydown", (event) => {
    const here = event.target;
    const to = { ArrowRight: here.nextElementSibling, ArrowLeft: here.previousElementSibling,
      Home: strip.firstElementChild, End: strip.lastElementChild }[event.key];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  if (!strip.dataset.live) return;
  const source = new EventSource(`${location.pathname}/events`);
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  };
  source.onmessage = (message) => {
    const one = JSON.parse(message.data);
    if (one.over) {
      source.close();
      location.reload();
      return;
    }
    if (one.n <= strip.children.length) return;
    const link = document.createElement("a");
    link.className = `t s${Number(one.step)}`;
    link.id = `t-${Number(one.n)}`;
    link.href = `?token=${Number(one.n)}#token`;
    link.title = one.title;
    link.textContent = one.text;
    link.tabIndex = strip.children.length ? -1 : 0;
    strip.append(link);
  };
})();
