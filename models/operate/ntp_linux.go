package operate

import "syscall"

// keepsTime says whether the kernel's clock is kept by NTP, where that can be seen.
func keepsTime() (kept, known bool) {
	const unsynchronised = 0x40 // STA_UNSYNC of adjtimex(2)
	var t syscall.Timex
	if _, err := syscall.Adjtimex(&t); err != nil {
		return false, false
	}
	return t.Status&unsynchronised == 0, true
}
