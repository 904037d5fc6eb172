#!/usr/bin/env python3
"""Turns captures of a terminal into one SVG, animated when there are several.

Take the captures with tmux, as often as the picture should move, and name them in order:

    tmux new -d -s film -x 96 -y 26 'dotnet run --project examples/Terminal; sleep 9'
    tmux capture-pane -t film -p -e > frame-01.txt
    ...
    terminal-to-svg.py --step 0.25 --hold 4 --still 12 frame-*.txt > terminal.svg

Where animation is not supported or not wanted, the frame named by --still is shown.
"""
import argparse
import re
import unicodedata
from html import escape

CELL, LINE, PAD, SIZE = 8.4, 16.4, 14, 14
BASIC = ["#20242c", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
         "#6b7380", "#ff7b86", "#a9d58a", "#f0d08b", "#7cc0ff", "#d79aec", "#5fd7d7", "#ffffff"]
TEXT, GROUND, RIM = "#c8ccd4", "#14171c", "#2b313b"


def color256(n):
    if n < 16:
        return BASIC[n]
    if n >= 232:
        return "#" + f"{8 + 10 * (n - 232):02x}" * 3
    n -= 16
    return "#" + "".join(f"{0 if c == 0 else 55 + 40 * c:02x}" for c in (n // 36, n // 6 % 6, n % 6))


def apply(codes, look):
    """The look after one escape sequence; a look is (foreground, bold, italic, dim)."""
    fg, bold, italic, dim = look
    codes = [int(c or 0) for c in codes.split(";")]
    i = 0
    while i < len(codes):
        c = codes[i]
        if c == 0:
            fg, bold, italic, dim = None, False, False, False
        elif c == 1:
            bold = True
        elif c == 2:
            dim = True
        elif c == 3:
            italic = True
        elif c == 22:
            bold = dim = False
        elif c == 23:
            italic = False
        elif 30 <= c <= 37 or 90 <= c <= 97:
            fg = BASIC[c - 30 if c < 90 else c - 82]
        elif c == 39:
            fg = None
        elif c in (38, 48):
            long = 2 if codes[i + 1] == 5 else 4
            if c == 38:
                fg = color256(codes[i + 2]) if long == 2 else "#" + "".join(f"{v:02x}" for v in codes[i + 2:i + 5])
            i += long
        i += 1
    return fg, bold, italic, dim


def cells(text):
    return sum(0 if unicodedata.combining(c) or c in "\u200d\ufe0f" else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def draw_line(line, look):
    """The SVG of one line, and the look that the next one begins with."""
    parts, column = [], 0
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line.rstrip("\n")):
        if piece.startswith("\x1b"):
            look = apply(piece[2:-1], look)
            continue
        # Runs of spaces are not drawn; what stands between them is nailed to its column, whatever the font.
        for word in re.split(r"( {2,})", re.sub(r"\x1b.", "", piece)):
            if word.strip():
                lead = len(word) - len(word.lstrip(" "))
                shown = word.strip(" ")
                fg, bold, italic, dim = look
                style = f' fill="{fg}"' if fg else ""
                style += ' font-weight="700"' if bold else ""
                style += ' font-style="italic"' if italic else ""
                style += ' opacity=".6"' if dim else ""
                parts.append(f'<text x="{(column + lead) * CELL:.1f}" textLength="{cells(shown) * CELL:.1f}"{style}>{escape(shown)}</text>')
            column += cells(word)
    return "".join(parts), look, column


def main():
    options = argparse.ArgumentParser(description="Turns captures of a terminal into one SVG.")
    options.add_argument("--step", type=float, default=0.25, help="seconds per capture")
    options.add_argument("--hold", type=float, default=4, help="seconds for the last one")
    options.add_argument("--still", type=int, default=1, help="the capture to show without animation, from 1")
    options.add_argument("--title", default="A terminal", help="what the picture shows, for those who cannot see it")
    options.add_argument("captures", nargs="+")
    options = options.parse_args()

    lines, frames, columns, rows = {}, [], 0, 0
    for name in options.captures:
        look, frame = (None, False, False, False), []
        with open(name, encoding="utf-8") as capture:
            content = capture.read().rstrip("\n").split("\n")
        for row, line in enumerate(content):
            drawn, look, width = draw_line(line, look)
            columns, rows = max(columns, width), max(rows, row + 1)
            if drawn:
                frame.append((row, lines.setdefault(drawn, f"l{len(lines)}")))
        frames.append(frame)

    width, height = columns * CELL + 2 * PAD, rows * LINE + 2 * PAD
    total = options.step * (len(frames) - 1) + options.hold
    css = [f"svg{{font:{SIZE}px 'DejaVu Sans Mono',Menlo,Consolas,'Noto Sans Mono','Noto Sans Mono CJK SC',monospace;fill:{TEXT}}}text{{white-space:pre}}"]
    if len(frames) > 1:
        css.append(".f{visibility:hidden}.s{visibility:visible}")
        moves = []
        for name, seconds in (("a", options.step), ("b", options.hold)):
            share = 100 * seconds / total
            moves.append(f"@keyframes {name}{{0%{{visibility:visible}}{share:.3f}%,100%{{visibility:hidden}}}}")
        css += moves
        css.append(f"@media (prefers-reduced-motion:no-preference){{.f{{animation:a {total:g}s steps(1,end) infinite}}.z{{animation-name:b}}}}")

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
           f"<title>{escape(options.title)}</title><style>{''.join(css)}</style>",
           f'<rect x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="9" fill="{GROUND}" stroke="{RIM}"/>', "<defs>"]
    out += [f'<g id="{name}">{drawn}</g>' for drawn, name in lines.items()]
    out.append(f'</defs><g transform="translate({PAD} {PAD + SIZE - 1})">')
    for i, frame in enumerate(frames):
        kind = " ".join(["f"] + ["s"] * (i == options.still - 1) + ["z"] * (i == len(frames) - 1))
        # A delay in the past puts every frame into the running cycle from the beginning.
        delay = f' style="animation-delay:{i * options.step - total:.3f}s"' if len(frames) > 1 else ""
        out.append(f'<g class="{kind}"{delay}>' + "".join(f'<use href="#{name}" y="{row * LINE:.1f}"/>' for row, name in frame) + "</g>")
    out.append("</g></svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
