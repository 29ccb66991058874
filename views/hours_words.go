package views

// The words of opening hours.

const (
	hoursAlways = "at any hour of any day"
	hoursDaily  = "every day"
	hoursFromTo = "{opens} to {closes}"
	hoursAnd    = " and "
	hoursTo     = " to "
	hoursLocal  = "local time"
	hoursTime   = " time"
)

var weekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
