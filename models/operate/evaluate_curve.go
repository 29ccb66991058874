package operate

import (
	"bytes"
	"fmt"
	"math"
)

// The drawing: a panel for each history, the share of attacks caught to the right
// on a scale that spreads the last per cent, what it costs upwards.
const (
	panelWidth  = 380
	panelHeight = 300
	panelLeft   = 84
	panelTop    = 64
	panelStep   = panelWidth + 76
	panelMost   = 0.8 // the highest rate
)

// Ink that is told apart in any light and by its dashes.
var inks = [attackers]struct{ colour, dash string }{{"#1b6ca8", "none"}, {"#8a5a00", "6 3"}, {"#a3243b", "2 3"}}

// curve is the drawing as SVG.
func (e evaluation) curve() []byte {
	var b bytes.Buffer
	p := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	width, height := panelLeft+2*panelStep-40, panelTop+panelHeight+96
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="13" fill="#222">`, width, height, width, height)
	p(`<title id="title">Attacks caught against how often the median account is asked for more</title>`)
	p(`<rect width="100%%" height="100%%" fill="#fff"/>`)
	for at, history := range histories {
		left := panelLeft + at*panelStep
		x := func(share float64) float64 {
			return float64(left) + panelWidth*math.Log10((1-points[0])/(1-share))/math.Log10((1-points[0])/(1-points[len(points)-1]))
		}
		y := func(rate float64) float64 { return panelTop + panelHeight*(1-min(rate/panelMost, 1)) }
		p(`<text x="%d" y="%d" font-size="15" font-weight="600">After %d sign-ins (%d accounts)</text>`, left, panelTop-16, history, len(e.scores[at]))
		for _, rate := range []float64{0, .2, .4, .6, panelMost} {
			p(`<path d="M%d %.1fh%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f %%</text>`, left, y(rate), panelWidth, left-8, y(rate)+4, rate*100)
		}
		for _, share := range []float64{.5, .8, .9, .95, .98, .99, .995, .999} {
			p(`<path d="M%.1f %dv%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle" font-size="11">%v</text>`, x(share), panelTop, panelHeight, x(share), panelTop+panelHeight+18, math.Round(share*1000)/10)
		}
		p(`<text x="%d" y="%d" text-anchor="middle">attacks caught, per cent</text>`, left+panelWidth/2, panelTop+panelHeight+40)
		for attacker := range attackers {
			ink := inks[attacker]
			line := ""
			for _, share := range points {
				threshold, known := e.threshold(attacker, share)
				asked := e.asked(at, threshold) / float64(history)
				if known && !math.IsNaN(asked) {
					line += fmt.Sprintf(" %.1f,%.1f", x(share), y(asked))
				}
			}
			if line != "" {
				p(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`, line[1:], ink.colour, ink.dash)
			}
			for _, anchor := range published {
				p(`<circle cx="%.1f" cy="%.1f" r="4" fill="none" stroke="%s" stroke-width="1.5"/>`, x(anchor.caught), y(anchor.asked[at][attacker]/float64(history)), ink.colour)
			}
		}
	}
	p(`<text transform="translate(18 %d) rotate(-90)" text-anchor="middle">sign-ins of the median account that are asked for more</text>`, panelTop+panelHeight/2)
	for attacker, name := range attackerNames {
		left, top := panelLeft+attacker*140, panelTop+panelHeight+74
		p(`<path d="M%d %dh30" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><text x="%d" y="%d">%s</text>`, left, top-4, inks[attacker].colour, inks[attacker].dash, left+38, top, name)
	}
	p(`<circle cx="%d" cy="%d" r="4" fill="none" stroke="#222" stroke-width="1.5"/><text x="%d" y="%d">published for the data set das-group/rba-dataset</text>`, panelLeft+436, panelTop+panelHeight+70, panelLeft+450, panelTop+panelHeight+74)
	p(`</svg>`)
	return b.Bytes()
}
