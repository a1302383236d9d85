// Brings the page up to date when something changes, and puts the reader's own time beside the database's. Without it all works, too.
const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const isUtc = ['UTC', 'Etc/UTC', 'GMT'].includes(format.resolvedOptions().timeZone);

function localize(root) {
  for (const time of isUtc ? [] : root.querySelectorAll('time')) {
    const [, inUtc] = time.textContent.match(/^(.{19}) UTC$/) ?? [];
    if (inUtc) {
      const [own, theirs] = [document.createElement('span'), document.createElement('span')];
      own.textContent = format.format(new Date(time.dateTime));
      theirs.textContent = `${inUtc.slice(11, 16)} UTC`;
      theirs.className = 'theirs';
      time.title = `${inUtc} UTC`;
      time.replaceChildren(own, ' ', theirs);
    }
  }
}

// Makes one node like another, and keeps what the reader has opened, typed or is at.
function update(node, fresh) {
  if (node.isEqualNode(fresh)) {
    return;
  }
  if (node.nodeName !== fresh.nodeName || node.id !== fresh.id) {
    node.replaceWith(fresh);
  } else if (node.nodeType !== Node.ELEMENT_NODE) {
    node.data = fresh.data;
  } else {
    for (const { name } of Array.from(node.attributes)) {
      if (name !== 'open' && name !== 'disabled' && !fresh.hasAttribute(name)) {
        node.removeAttribute(name);
      }
    }
    for (const { name, value } of fresh.attributes) {
      if (node.getAttribute(name) !== value) {
        node.setAttribute(name, value);
      }
    }
    updateChildren(node, fresh);
  }
}

const isBlank = (node) => node?.nodeType === Node.TEXT_NODE && node.data.trim() === '';
const keyOf = (node) => node.id || `${node.nodeName}.${node.className ?? ''}`;

// What comes in between is put in, what is gone is taken out: what stays is not touched.
function updateChildren(node, fresh) {
  const old = Array.from(node.childNodes).filter((child) => !isBlank(child));
  let place = 0;
  for (const child of Array.from(fresh.childNodes)) {
    const found = old.findIndex((each, at) => at >= place && keyOf(each) === keyOf(child));
    if (found >= 0) {
      old.slice(place, found).forEach((gone) => gone.remove());
      update(old[found], child);
      place = found + 1;
    } else if (!isBlank(child) || !isBlank(old[place]?.previousSibling)) {
      node.insertBefore(child, old[place] ?? null);
    }
  }
  old.slice(place).forEach((gone) => gone.remove());
}

const saidBy = () => new Map([...document.querySelectorAll('[data-say]')].map((each) => [each.id, each.dataset.say]));

async function refresh() {
  const before = saidBy();
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
  if (!answer.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  localize(page);
  for (const fresh of page.querySelectorAll('[data-live]')) {
    const node = document.getElementById(fresh.id);
    if (node) {
      update(node, document.importNode(fresh, true));
    }
  }
  const news = [...saidBy()].filter(([id, text]) => before.has(id) && before.get(id) !== text);
  if (news.length > 0) {
    document.getElementById('announcements').textContent = news.map(([, text]) => text).join('. ');
  }
}

const RETRY_MS = 10_000;
let stream;
let isBusy = false;
let isStale = false;

// One load at a time; what changed meanwhile is in the next.
async function bring() {
  isStale = true;
  if (isBusy) {
    return;
  }
  isBusy = true;
  while (isStale) {
    isStale = false;
    await refresh().catch(() => undefined);
  }
  isBusy = false;
}

function watch() {
  if (document.hidden) {
    stream?.close();
    stream = undefined;
  } else if (stream === undefined && document.querySelector('[data-live]')) {
    stream = new EventSource('stream');
    stream.addEventListener('change', () => void bring());
    // Browsers ask again after a broken connection, and not after an answer that is no stream, as that of a proxy without a server.
    stream.addEventListener('error', ({ target }) => {
      if (target.readyState === EventSource.CLOSED && target === stream) {
        stream = undefined;
        setTimeout(watch, RETRY_MS);
      }
    });
  }
}

localize(document);
watch();
document.addEventListener('visibilitychange', watch);
addEventListener('pagehide', () => stream?.close());
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) {
    document.querySelectorAll('button:disabled').forEach((button) => (button.disabled = false));
    stream = undefined;
    watch();
  }
});

// Popovers close as one expects them to.
const closeOthers = (within) =>
  document.querySelectorAll('details.popover[open]').forEach((each) => {
    if (!each.contains(within)) {
      each.open = false;
    }
  });
document.addEventListener('click', ({ target }) => closeOthers(target));
document.addEventListener('keydown', ({ key, target }) => {
  const open = target.closest?.('details.popover[open]');
  if (key === 'Escape' && open) {
    open.open = false;
    open.querySelector('summary').focus();
  }
});
// Once is enough, however often somebody clicks.
document.addEventListener('submit', ({ target }) => {
  setTimeout(() => target.querySelectorAll('button').forEach((button) => (button.disabled = true)));
});
