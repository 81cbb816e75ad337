// What is kept on the device: the draft of a report, its photos, and reports that wait to be sent.
const DRAFT = "sokak.draft";

export const fresh = () => ({ key: crypto.randomUUID(), answers: {}, type: "complaint" });

/** The draft, or a fresh one. Its `key` is made with it, so that it is handed in once at most. */
export function load() {
  try {
    return { ...fresh(), ...JSON.parse(localStorage.getItem(DRAFT) ?? "{}") };
  } catch {
    return fresh();
  }
}

/** Keep the draft. False where the device keeps nothing. */
export function save(draft) {
  try {
    localStorage.setItem(DRAFT, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** A fresh draft of these words, without the place and photos of another; or the same one again. */
export function beginAnew(text) {
  const draft = load();
  if (draft.text?.trim() === text) return draft;
  clear("photos").catch(() => {});
  return { ...fresh(), text };
}

export const drop = () => localStorage.removeItem(DRAFT);

// ---- IndexedDB: photos of the draft, reports that wait
let opened;
function base() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("sokak", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("photos", { keyPath: "id", autoIncrement: true });
      asked.result.createObjectStore("waiting", { keyPath: "key" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function on(store, mode, work) {
  const transaction = (await base()).transaction(store, mode);
  return new Promise((resolve, reject) => {
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const all = (store) => on(store, "readonly", (one) => one.getAll());
export const put = (store, value) => on(store, "readwrite", (one) => one.put(value));
export const remove = (store, key) => on(store, "readwrite", (one) => one.delete(key));
export const clear = (store) => on(store, "readwrite", (one) => one.clear());
