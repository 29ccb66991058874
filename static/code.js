// The clocks of the code page. Every word comes from the server.
(() => {
	const get = (id) => document.getElementById(id), send = get("send"), seen = {}
	const clock = (id) => {
		const el = get(id), now = Date.now() / 1e3
		// A new element, by page or by swap, brings the server's time.
		if (el != seen[id]?.el) seen[id] = { el, ...el.dataset, skew: now - el.dataset.now }
		const c = seen[id] || {}
		c.was = c.left
		c.left = Math.max(0, Math.ceil((c.expires || c.until) - now + c.skew))
		return c
	}
	const tick = () => {
		const c = clock("countdown"), w = clock("resend-wait"), s = c.left, n = w.left, end = !s
		if (c.el) {
			const [left, polite, over] = c.el.children
			left.firstChild.textContent = (s / 60 | 0) + ":" + ("0" + s % 60).slice(-2)
			for (const at of [300, 60, 30]) if (c.was > at && s <= at && s) polite.textContent = c["at" + at]
			if (c.end != end) {
				c.end = left.hidden = end
				if (end) over.textContent = c.overWords
				get("code-form").classList.toggle("over", end)
				send.textContent = send.dataset[end ? "new" : "again"]
			}
		}
		send.ariaDisabled = n ? "true" : null
		w.el.textContent = !n ? "" : n > 120 ? w.minutes.replace("{n}", Math.ceil(n / 60)) : (n > 1 ? w.seconds : w.second).replace("{n}", n)
		if (!n && w.was) get("code-status").textContent = w.free
	}
	// A browser that reads the text may fill the code in and send it; sending it by
	// hand ends that.
	const form = get("code-form")
	if (window.OTPCredential && form?.dataset.channel == "sms") {
		const stop = new AbortController()
		form.addEventListener("submit", () => stop.abort())
		navigator.credentials.get({ otp: { transport: ["sms"] }, signal: stop.signal }).then((found) => {
			get("code").value = found.code
			form.requestSubmit(get("verify"))
		}, () => {})
	}
	addEventListener("click", (e) => e.target.closest("[aria-disabled=true]") && e.preventDefault(), true)
	for (const on of ["visibilitychange", "htmx:load"]) document.addEventListener(on, tick)
	setInterval(tick, 1e3)
	tick()
})()
