// The chat's comforts. Messages are asked for and sent by htmx; without script by
// forms.
(() => {
  "use strict"
  const chat = document.querySelector("[data-chat]"), line = document.getElementById("line")
  const draft = (el) => "draft " + el.dataset.draft

  // What is being written outlives a reload, in this tab and nowhere else.
  const fill = () => document.querySelectorAll("[data-draft]").forEach((el) => {
    if (!el.value && !el.filled) el.value = sessionStorage.getItem(draft(el)) || ""
    el.filled = true
  })
  addEventListener("input", (e) => e.target.dataset?.draft && sessionStorage.setItem(draft(e.target), e.target.value))
  addEventListener("keydown", (e) => {
    if (e.key == "Enter" && (e.ctrlKey || e.metaKey) && e.target.dataset.draft) e.target.form.requestSubmit()
  })
  document.addEventListener("htmx:load", fill)
  fill()
  if (!chat) return
  sessionStorage.removeItem("draft new")

  // The newest message stays in sight, unless somebody reads further up.
  const log = chat.querySelector(".log"), list = document.getElementById("messages")
  let low = true
  const down = () => { log.scrollTop = log.scrollHeight }
  log.addEventListener("scroll", () => { low = log.scrollHeight - log.scrollTop - log.clientHeight < 60 })
  down()

  // What came while nobody looked is counted in the title.
  const title = document.title
  let unread = 0
  const count = () => { document.title = (unread ? chat.dataset.unread.replace("{n}", unread) : "") + title }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { unread = 0; count() }
  })
  new MutationObserver((changes) => {
    const added = changes.flatMap((c) => [...c.addedNodes]).filter((n) => n.dataset)
    if (document.hidden) { unread += added.filter((n) => "theirs" in n.dataset).length; count() }
    if (low || added.some((n) => n.matches(".me"))) down()
  }).observe(list, { childList: true })

  // A connection that is lost says so, and one that is back takes it away. A
  // message that was not sent stays where it is written, and that is said too.
  let lost = false, unsent = false
  const show = () => {
    const words = [unsent && line.dataset.unsent, lost && line.dataset.lost].filter(Boolean).join(" ")
    if (line.textContent != words) line.textContent = words
  }
  const say = (is) => { lost = is; show() }
  const ours = (xhr) => xhr.getResponseHeader("X-Request-Id")
  document.addEventListener("htmx:sseError", () => say(true))
  document.addEventListener("htmx:sseOpen", () => say(false))
  document.addEventListener("htmx:beforeSwap", (e) => {
    const { xhr, requestConfig } = e.detail
    if (!ours(xhr)) { e.detail.shouldSwap = false; say(true) }
    else if (requestConfig.elt.id == "say" && xhr.status == 200) sessionStorage.removeItem("draft " + chat.dataset.chat)
  })
  document.addEventListener("htmx:afterRequest", (e) => {
    const { elt, successful, xhr } = e.detail, form = elt.id == "say"
    if (successful) say(false)
    else if (!xhr.status || !ours(xhr)) {
      say(true)
      if (elt.id == "news") setTimeout(() => htmx.trigger("#news", "again"), 2000)
    }
    if (form) {
      elt.elements.message.readOnly = false
      unsent = !successful && !(ours(xhr) && [422, 429].includes(xhr.status)) // those give the form back with what is wrong
      show()
    }
  })
  // What is typed while a message is on its way would go with its form.
  document.addEventListener("htmx:beforeSend", (e) => {
    if (e.detail.elt.id == "say") e.detail.elt.elements.message.readOnly = true
  })
})()
