#!/usr/bin/env python3
"""Uses a report in a real browser: filter, search, pointer, keyboard, themes, narrow pages; and makes sure that it asks
for nothing beside itself and runs nothing that stands in its data.

  tests/browser/check_report.py report.html --screenshots shots

Needs chromium and chromedriver (Debian: chromium, chromium-driver). What a report has not is not checked; --sections
says what it must have. Ends with 1 when anything is not as it should be, one line each.
"""

import argparse
import json
import pathlib
import re
import sys

from webdriver import Browser, BrowserError

SECTIONS = ("questions", "lens", "map", "results", "probes", "runs")
PHONE = (375, 740)


class Checks:
    """What was found wrong."""

    def __init__(self):
        self.failures = []
        self.count = 0

    def that(self, holds, failure):
        self.count += 1
        if not holds:
            self.failures.append(failure)
            print(f"failed: {failure}", file=sys.stderr)
        return bool(holds)

    def equal(self, found, expected, what):
        return self.that(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def data_of(page):
    """What the report's scripts read."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    if not found:
        raise SystemExit("check_report: this is not a report: it has no data")
    return json.loads(found.group(1))


class Expected:
    """What the page must show, worked out from its data by other code than the page's."""

    def __init__(self, data):
        self.data = data
        self.questions = data["questions"]

    def verdicts(self, question):
        return [trajectory[2] for trajectory in question[3]]

    def passing(self, name):
        return sum(1 for question in self.questions if self.passes(question, name))

    def passes(self, question, name):
        judged = [verdict for verdict in self.verdicts(question) if verdict >= 0]
        if name == "right":
            return bool(judged) and all(judged)
        if name == "wrong":
            return bool(judged) and not all(judged)
        answers = {self.text(trajectory[1]).strip().lower() for trajectory in question[3]}
        return len(answers) > 1 or len(set(self.verdicts(question))) > 1

    def text(self, index):
        return self.data["texts"][index] if index >= 0 else "\0"

    def matching(self, word):
        def texts(question):
            yield question[1]
            yield self.text(question[2])
            for trajectory in question[3]:
                yield self.text(trajectory[1])
                yield from (self.text(step[0]) for step in trajectory[5])
            for lens in question[4]:
                yield self.text(lens[1])
                yield from (self.text(step[0]) for step in lens[2])

        return sum(1 for question in self.questions if any(word in text.lower() for text in texts(question)))


def shown(browser):
    return browser.run("return document.querySelectorAll('#list [role=option]').length")


def chosen(browser):
    """Number in the data of the question that is open; -1 for none."""
    return browser.run("const at = document.querySelector('#list [aria-selected=true]');"
                       "return at ? Number(at.id.split('-')[1]) : -1")


def is_there(browser, section):
    if section == "lens":
        return browser.run("return document.querySelector('#detail .lens') !== null")
    return browser.run("const at = document.getElementById(arguments[0]); return at !== null && !at.hidden", section)


def check_filter(browser, checks, expected):
    if not browser.run("return document.getElementById('filter-right') !== null"):
        return
    everything = len(expected.questions)
    checks.equal(shown(browser), everything, "questions in the list")
    for name in ("right", "wrong", "disagree"):
        if not browser.run("return document.getElementById(arguments[0]) !== null", f"filter-{name}"):
            continue
        browser.click(f"label[for=filter-{name}]")
        checks.equal(shown(browser), expected.passing(name), f"questions that pass the filter {name}")
    if len(expected.data["tracks"]) > 1:
        browser.click("label[for=filter-wrong]")
        choose = ("const at = document.getElementById('track'); at.value = arguments[0];"
                  "at.dispatchEvent(new Event('change'))")
        for track in range(len(expected.data["tracks"])):
            browser.run(choose, str(track))
            wrong = sum(1 for q in expected.questions if any(t[0] == track and t[2] == 0 for t in q[3]))
            checks.equal(shown(browser), wrong, f"wrong questions of track {track}")
        browser.run(choose, "")
    browser.click("label[for=filter-all]")
    browser.run("document.getElementById('filter-all').focus()")
    browser.press("ArrowRight")
    checks.equal(shown(browser), expected.passing("right"), "questions after the filter is moved by the keyboard")
    browser.press("ArrowLeft")
    checks.equal(shown(browser), everything, "questions after the filter is moved back")


def check_search(browser, checks, expected):
    word = next(iter(re.findall(r"[a-z]{4,}", expected.questions[0][1].lower())), "a")
    browser.run("document.activeElement.blur()")
    browser.press("/")
    checks.equal(browser.run("return document.activeElement.id"), "search", "focus after /")
    browser.write(word)
    checks.equal(shown(browser), expected.matching(word), f"questions found by {word!r}")
    browser.write("zzqqxx")
    checks.equal(shown(browser), 0, "questions found by nonsense")
    checks.that(browser.run("return document.getElementById('detail').hidden"), "an empty list leaves a question open")
    browser.run("const at = document.getElementById('search'); at.value = ''; at.dispatchEvent(new Event('input'))")
    checks.equal(shown(browser), len(expected.questions), "questions after the search is emptied")


def check_list_keys(browser, checks, expected):
    browser.run("document.getElementById('search').focus()")
    browser.press("ArrowDown")
    checks.equal(browser.run("return document.activeElement.getAttribute('role')"), "option", "focus below the search")
    browser.press("Home")
    checks.equal(chosen(browser), 0, "question after Home")
    last = len(expected.questions) - 1
    moves = [("ArrowDown", min(1, last)), ("j", min(2, last)), ("k", min(1, last)), ("ArrowUp", 0), ("End", last),
             ("Home", 0)]
    for key, place in moves:
        browser.press(key)
        checks.equal(chosen(browser), place, f"question after {key}")
        checks.equal(browser.run("return document.activeElement.id"), f"question-{place}", f"focus after {key}")
    ring = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    checks.equal(ring, "solid", "outline of the option that has the focus")
    browser.press("Enter")
    checks.equal(browser.run("return document.activeElement.id"), "detail", "focus after Enter")
    if last > 1:
        browser.run("document.querySelector('#detail [data-go=\"1\"]').focus()")
        browser.press("Enter", "Enter")
        checks.equal(chosen(browser), 2, "question after the button for the next one is pressed twice")


def check_comparison(browser, checks, expected):
    """The table of modes says what the data say."""
    question = next((q for q in expected.questions if q[3] and q[3][0][5]), None)
    if question is None:
        return
    browser.run("document.getElementById(arguments[0]).click()", f"question-{expected.questions.index(question)}")
    cells = browser.run("return [...document.querySelectorAll('.comparison .step-text')].map((at) => at.textContent)")
    for trajectory in question[3]:
        for one in trajectory[5]:
            text = expected.text(one[0]) or "not decoded"
            checks.that(any(cell.startswith(text) for cell in cells), f"the step {text!r} is not in the comparison")


def check_lens(browser, checks, expected):
    at = next((i for i, q in enumerate(expected.questions) if q[4] and q[4][0][2]), None)
    if at is None:
        return
    browser.run("document.getElementById(arguments[0]).click()", f"question-{at}")
    steps = expected.questions[at][4][0][2]
    layers = len(steps[0][2])
    read = "return document.querySelector('#detail .lens-part .readout').textContent"
    cell = "#detail .lens tbody tr:nth-child({}) td:nth-of-type({})"
    browser.point_at(cell.format(1, 1))
    text = expected.text(steps[0][2][0][0])
    checks.that(text in browser.run(read), "the pointer on a layer does not show its sentence")
    checks.that("Layer 1, step 1" in browser.run(read), "the pointer on a layer does not show its place")
    browser.run("document.querySelector('#detail .lens td[tabindex=\"0\"]').focus()")
    checks.that(f"Layer {layers}, step 1" in browser.run(read), "the focus on the last layer shows nothing")
    moves = [("ArrowUp", layers - 1, 1), ("ArrowRight", layers - 1, 2), ("PageUp", 1, 2), ("Home", 1, 1)]
    for key, layer, number in moves:
        browser.press(key)
        layer, number = max(1, layer), min(number, len(steps))
        checks.that(f"Layer {layer}, step {number}" in browser.run(read),
                    f"{key} in the layers does not go to {layer}, {number}")
    cells = "return document.querySelector('#detail .lens').querySelectorAll(arguments[0]).length"
    tabs = browser.run(cells, "td[tabindex='0']")
    checks.equal(tabs, 1, "cells of the layers in the order of tabs")
    settled = browser.run(cells, "td.settled")
    checks.equal(settled, sum(1 for one in steps if one[1] < layers), "settled layers that are marked")


def check_map(browser, checks, expected):
    box = browser.wait_for("""const at = document.querySelector('.map-chart');
                           if (!at) return null;
                           at.scrollIntoView({block: 'center', behavior: 'instant'});
                           const box = at.getBoundingClientRect();
                           return [box.left, box.top, box.width, box.height]""")
    if not checks.that(box, "the map is not drawn"):
        return
    left, top, width, height = box
    everything = len(expected.questions)
    brushed = ("const chip = document.getElementById('brushed');"
               "return chip.hidden ? -1 : Number(/[0-9]+/.exec(chip.textContent)[0])")
    # Where the paths lie depends on the model: a corner that all of them pass, or none, shows nothing.
    for x, y in [(0.1, 0.06), (0.55, 0.06), (0.1, 0.5), (0.55, 0.5)]:
        browser.drag((left + width * x, top + height * y), (left + width * (x + 0.35), top + height * (y + 0.35)))
        number = browser.run(brushed)
        if 0 < number < everything:
            break
    checks.that(0 < number < everything, f"a rectangle on the map leaves {number} of {everything} questions")
    checks.equal(shown(browser), number, "questions in the list after a rectangle on the map")
    drawn = browser.run("return document.querySelector('.map-chart .brush').getBoundingClientRect().width")
    checks.that(drawn > width * 0.3, "the rectangle on the map is not to be seen")
    browser.click("#brushed")
    checks.equal(shown(browser), everything, "questions in the list after the rectangle is taken away")
    browser.run("document.querySelector('.map-chart').focus()")
    browser.press("Enter")
    first = shown(browser)
    checks.equal(first, browser.run(brushed), "questions in the rectangle that the keyboard made")
    browser.press(*["ArrowRight"] * 30)
    moved = shown(browser)
    browser.press(*["ArrowRight"] * 12, *["ArrowDown"] * 12, holding="Shift")
    checks.that(first != moved or moved != shown(browser), "arrows do not move the map's rectangle")
    browser.press("Escape")
    checks.equal(shown(browser), everything, "questions in the list after Escape on the map")
    axes = browser.run("return document.querySelector('.map-chart').textContent")
    for share in expected.data["map"]["explained"][:2]:
        checks.that(f"{100 * share:.1f}%" in axes, "the map's axes do not say how much variance they explain")


def check_charts(browser, checks):
    """Every chart has axes with names, and its figures behind it."""
    charts = browser.run("""return [...document.querySelectorAll('.figure')].map((figure) => ({
        title: figure.querySelector('h3').textContent, labels: figure.querySelectorAll('.axis-label').length,
        points: figure.querySelectorAll('.point').length, rows: figure.querySelectorAll('details tbody tr').length,
        broken: /NaN|Infinity|undefined/.test(figure.innerHTML)}))""")
    for chart in charts:
        title = chart["title"]
        checks.equal(chart["labels"], 2, f"axes of the chart {title!r} that have a name")
        checks.that(chart["points"] > 0, f"the chart {title!r} has no points")
        checks.that(chart["rows"] > 0, f"the chart {title!r} has no figures behind it")
        checks.that(not chart["broken"], f"the chart {title!r} has numbers that are none")


def check_injection(browser, checks, expected):
    """Markup in the data shows as text, and nothing of it ran or became an element."""
    for at, question in enumerate(expected.questions):
        if "<script" not in question[1]:
            continue
        browser.run("document.getElementById(arguments[0]).click()", f"question-{at}")
        text = browser.run("return document.querySelector('#detail .story').textContent")
        checks.equal(" ".join(text.split()), " ".join(question[1].split()), "a question with markup in it")
        strange = browser.run("return document.querySelectorAll('main script, main img, .story b, .step b').length")
        checks.equal(strange, 0, "elements that came out of the data")
    scripts = browser.run("return document.scripts.length")
    checks.equal(scripts, 2, "scripts of the page")
    try:
        browser.run("return 1")
    except BrowserError:
        checks.that(False, "a script of the data opened a dialog")


def check_themes(browser, checks):
    background = "return getComputedStyle(document.body).backgroundColor"
    theme = "return document.documentElement.dataset.theme"
    browser.prefer("dark")
    checks.that(browser.wait_for(f"{theme} === 'dark'"), "the page does not follow a dark system")
    dark = browser.run(background)
    browser.prefer("light")
    checks.that(browser.wait_for(f"{theme} === 'light'"), "the page does not follow a light system")
    checks.that(browser.run(background) != dark, "both themes have one background")
    seen = []
    for _ in range(3):
        browser.click("#theme")
        seen.append(browser.run(theme))
    checks.equal(seen, ["light", "dark", "light"], "themes that the button goes through in a light system")


def check_width(browser, checks, width):
    wide = browser.run("return document.documentElement.scrollWidth")
    checks.that(wide <= width, f"the page is {wide} pixels wide in a window of {width}")


def check_logs(browser, checks, url):
    for entry in browser.log("browser"):
        checks.that(entry["level"] not in ("SEVERE", "WARNING"), f"console: {entry['message'][:200]}")
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] != "Network.requestWillBeSent":
            continue
        asked = message["params"]["request"]["url"]
        checks.that(asked == url, f"the page asks for {asked[:200]}")


def take_screenshots(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)
    browser.run("window.scrollTo(0, 0); document.activeElement.blur()")
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        browser.wait_for(f"return document.documentElement.dataset.theme === '{scheme}'")
        for name, width, height, is_phone in (("desktop", 1280, 900, False), ("phone", *PHONE, True)):
            browser.resize(width, height, is_phone)
            browser.wait_for("return [...document.querySelectorAll('.canvas svg')].every("
                             "(at) => Math.abs(at.getBoundingClientRect().width - at.parentNode.clientWidth) < 2)")
            browser.screenshot(folder / f"{name}-{scheme}.png", is_whole=True)
    browser.resize(1280, 900)
    browser.pdf(folder / "print.pdf")


def check(browser, checks, report, arguments):
    url = report.resolve().as_uri()
    try:
        check_page(browser, checks, url, report, arguments)
    finally:
        check_logs(browser, checks, url)  # what went wrong in the page is often why a check could not go on


def check_page(browser, checks, url, report, arguments):
    expected = Expected(data_of(report.read_text(encoding="utf-8")))
    browser.prefer("light")
    browser.resize(1280, 900)
    browser.open("about:blank")
    browser.log("performance")  # what Chromium's own first page asked for
    browser.open(url)
    is_ready = browser.wait_for("return document.documentElement.dataset.ready")
    if not checks.that(is_ready, "the page does not get ready"):
        return
    for section in filter(None, arguments.sections.split(",")):
        checks.that(is_there(browser, section), f"the section {section} is missing")
    check_width(browser, checks, 1280)
    if is_there(browser, "questions"):
        check_filter(browser, checks, expected)
        check_search(browser, checks, expected)
        check_list_keys(browser, checks, expected)
        check_comparison(browser, checks, expected)
        check_lens(browser, checks, expected)
        check_injection(browser, checks, expected)
    if is_there(browser, "map"):
        check_map(browser, checks, expected)
    check_charts(browser, checks)
    check_themes(browser, checks)
    browser.resize(*PHONE, is_phone=True)
    check_width(browser, checks, PHONE[0])
    browser.resize(1280, 900)
    if arguments.screenshots:
        take_screenshots(browser, arguments.screenshots)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path, help="folder for pictures in both themes, and one on paper")
    parser.add_argument("--sections", default="", help=f"what the report must have, of {','.join(SECTIONS)}")
    arguments = parser.parse_args()
    checks = Checks()
    try:
        with Browser() as browser:
            check(browser, checks, arguments.report, arguments)
    except (BrowserError, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print(f"{checks.count - len(checks.failures)} of {checks.count} checks hold")
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
