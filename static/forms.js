// Comforts of the forms. Every form works without them.
(() => {
  const field = (button) => document.getElementById(button.getAttribute("aria-controls"));
  const reveal = (button, visible) => {
    const d = button.dataset, next = visible ? "hide" : "show";
    field(button).type = visible ? "text" : "password";
    button.textContent = d[next];
    button.setAttribute("aria-label", d[next + "Label"]);
    return d[next + "Said"];
  };
  const ready = () => {
    document.querySelectorAll(navigator.clipboard ? ".reveal[hidden], [data-copy][hidden]" : ".reveal[hidden]").forEach((button) => {
      button.hidden = false;
    });
    const summary = document.querySelector("[data-focus]");
    if (summary && !summary.seen) {
      summary.seen = true;
      summary.focus();
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".reveal");
    if (button) {
      const said = reveal(button, field(button).type === "password");
      button.nextElementSibling.textContent = said;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        copy.nextElementSibling.textContent = copy.dataset.copied;
        setTimeout(() => { copy.nextElementSibling.textContent = ""; }, 2000);
      });
    }
    // A link of the summary shows the label and lands in the field.
    const link = event.target.closest(".error-summary a");
    const target = link && document.querySelector(link.hash);
    if (target) {
      event.preventDefault();
      (target.labels?.[0] || target).scrollIntoView();
      target.focus({ preventScroll: true });
    }
  });

  // A second press within a second is the same press. A password is never sent
  // from a field of text, which a browser might remember.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target, now = Date.now();
    if (now - sent.get(form) < 1000) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    sent.set(form, now);
    const button = event.submitter;
    if (button?.dataset.busy) {
      button.dataset.idle = button.textContent;
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-disabled", "true");
    }
    form.querySelectorAll(".reveal").forEach((button) => reveal(button, false));
  }, true);

  // Where no answer of ours came, the press is over: the next one sends again.
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    if (!xhr.getResponseHeader("X-Request-Id")) sent.delete(elt);
  });

  // A page that the back button brings back as it was is ready again.
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-idle]").forEach((button) => {
    button.textContent = button.dataset.idle;
    button.removeAttribute("aria-disabled");
    delete button.dataset.idle;
  }));
  document.addEventListener("htmx:load", ready);
  ready();
})();
