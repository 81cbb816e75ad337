// Keeps what the form needs to be written and sent later. Nothing with a person in it is kept: the
// two pages here are asked for without one. Everything else goes past, untouched.
const CACHE = `sokak-${VERSION}`;
const SHELL = "/report?shell";
const OFFLINE = "/offline";

const keepPages = (cache) => Promise.all([SHELL, OFFLINE].map(async (path) => {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (answer.ok) await cache.put(path, answer);
}));

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then(async (cache) => {
    await cache.addAll(PRECACHE.map((file) => `/static/${file}`));
    await keepPages(cache);
    await self.skipWaiting();
  }));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (/^\/(static|theme|logo|outline)\//.test(url.pathname)) {
    event.respondWith(caches.open(CACHE).then(async (cache) => {
      const kept = await cache.match(request);
      if (kept) return kept;
      const answer = await fetch(request);
      if (answer.ok) event.waitUntil(cache.put(request, answer.clone()));
      return answer;
    }));
  } else if (request.mode === "navigate" && !/^\/(api|console|admin|reports|ops|sign-in|identity)\b/.test(url.pathname)) {
    event.respondWith(fetch(request)
      .then((answer) => {
        if (url.pathname === "/report") event.waitUntil(caches.open(CACHE).then(keepPages).catch(() => {}));
        return answer;
      })
      .catch(async () => {
        const cache = await caches.open(CACHE);
        return (await cache.match(url.pathname === "/report" ? SHELL : OFFLINE)) ?? Response.error();
      }));
  }
});
