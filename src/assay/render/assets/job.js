"use strict";
(() => {
  const going = document.querySelector(".going");
  if (!going) return;
  const bar = document.getElementById("bar");
  const source = new EventSource(`${location.pathname}/events`);
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  };
  source.onmessage = (message) => {
    const job = JSON.parse(message.data);
    if (job.state !== going.dataset.state) {
      source.close();
      location.reload();
      return;
    }
    document.getElementById("words").textContent = job.words;
    if (job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
  };
})();
