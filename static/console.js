// Comforts of the staff console. Every form works without them.
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const key = (box) => `reply ${box.dataset.draft}`;

  // What is being written survives a reload. What came back from the server,
  // emptied by sending or with more put into it, is what is being written now.
  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    const box = find("[data-draft]", elt.parentNode);
    if (!box) return;
    if (elt === document.body && !box.value) box.value = sessionStorage.getItem(key(box)) || "";
    else {
      sessionStorage.setItem(key(box), box.value);
      box.setSelectionRange(box.value.length, box.value.length);
    }
  });
  document.addEventListener("input", ({ target }) => {
    if (target.dataset.draft) sessionStorage.setItem(key(target), target.value);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("[data-send]")) {
      event.preventDefault();
      find("[name=send]", event.target.form).click();
    }
  });

  // Who reads the end of a conversation goes on reading it; who reads above stays.
  const log = find("[data-log]");
  if (log) {
    const toEnd = () => { log.scrollTop = log.scrollHeight; };
    let atEnd = true;
    log.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60; });
    document.addEventListener("htmx:afterSettle", () => atEnd && toEnd());
    toEnd();
  }

  // A lost connection says so, and what could not be asked for is asked for again.
  // An answer that is not the site's own, as of a proxy, is shown nowhere.
  const status = find("#status");
  const lost = (is) => {
    if (is) status.textContent = status.dataset.lost;
    else if (status.textContent === status.dataset.lost) status.textContent = "";
  };
  const ours = (xhr) => xhr.getResponseHeader("X-Request-Id");
  const boxes = (elt, still) => elt.matches(".reply") && elt.querySelectorAll("textarea").forEach((box) => { box.readOnly = still; });
  document.addEventListener("htmx:sseError", () => lost(true));
  document.addEventListener("htmx:sseOpen", () => lost(false));
  document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => boxes(elt, true));
  // What refreshes itself stays as it is while somebody reads its numbers.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.matches("[data-hold]") && find("details[open]", elt)) event.preventDefault();
  });
  // The count that is the same is not read out again, and keeps the focus on its link.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { target, serverResponse, xhr } = detail;
    if (!ours(xhr) || target.id === "queue-news" && target.innerHTML === serverResponse) detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    boxes(elt, false);
    if (xhr.status && ours(xhr)) return lost(false);
    lost(true);
    if (elt.id === "said") setTimeout(() => htmx.trigger("body", "said"), 2000);
  });
})();
