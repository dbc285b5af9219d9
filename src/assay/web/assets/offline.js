// A copy of the whole site for the time without a network: each file by its digest, all of one build or none.
const BUILD = "assay-@BUILD@";
const FILES = @FILES@;

const fetched = async (path, integrity) => {
  const address = new URL(path, registration.scope);
  let answer;
  try {
    answer = await fetch(address, { integrity });
  } catch {
    answer = await fetch(address, { integrity, cache: "reload" }); // what the browser had was of another build
  }
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
};

addEventListener("install", (event) => event.waitUntil((async () => {
  const copy = await caches.open(BUILD);
  for (const [path, integrity] of Object.entries(FILES)) {
    await copy.put(new URL(path, registration.scope), await fetched(path, integrity));
  }
})()));

addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("assay-") && name !== BUILD) await caches.delete(name);
})()));

addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  address.search = address.hash = "";
  const path = address.href.startsWith(registration.scope) ? address.href.slice(registration.scope.length) : null;
  if (event.request.method !== "GET" || path === null) return;
  const wanted = new URL(path || "index.html", registration.scope);
  const kept = caches.open(BUILD).then((copy) => copy.match(wanted));
  event.respondWith(kept.then((found) => found || fetch(event.request)));
});
