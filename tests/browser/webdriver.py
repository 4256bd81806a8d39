"""A headless Chromium driven through chromedriver by the W3C WebDriver protocol, with the standard library alone."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

KEYS = {
    "Enter": "\ue007", "Escape": "\ue00c", "Space": "\ue00d", "Tab": "\ue004", "Shift": "\ue008",
    "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010", "Home": "\ue011",
    "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
}


class BrowserError(Exception):
    """The browser could not be started, or refused a command."""


class Browser:
    """One page. Use as a context: browser and driver end with it."""

    def __init__(self, width=1280, height=900):
        self._profile = tempfile.mkdtemp(prefix="noema-browser-")
        self._driver = self._session = None
        try:
            self._start(width, height)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self, width, height):
        program = shutil.which("chromedriver")
        if program is None:
            raise BrowserError("no chromedriver: install chromium and chromium-driver")
        self._driver = subprocess.Popen([program, "--port=0"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in self._driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self._address = f"http://127.0.0.1:{found.group(1)}"
                break
        else:
            raise BrowserError("chromedriver ended before it was ready")
        arguments = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--hide-scrollbars", f"--user-data-dir={self._profile}",
                     f"--window-size={width},{height}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # which Chromium asks of root
        options = {"args": arguments, "perfLoggingPrefs": {"enableNetwork": True, "enablePage": False}}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = answer["sessionId"]

    def close(self):
        """Ends browser and driver."""
        if self._session is not None:
            try:
                self._send("DELETE", f"/session/{self._session}")
            except BrowserError:
                pass
            self._session = None
        if self._driver is not None:
            self._driver.terminate()
            self._driver.wait(timeout=20)
            self._driver.stdout.close()
            self._driver = None
        shutil.rmtree(self._profile, ignore_errors=True)

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        header = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._address + path, data, header, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            problem = json.load(error)["value"]
            what = f"{path.rsplit('/', 1)[-1]}: {problem['error']}: {problem['message'].splitlines()[0]}"
            raise BrowserError(what) from None
        except OSError as error:
            raise BrowserError(f"chromedriver: {error}") from None

    def _post(self, path, **body):
        return self._send("POST", f"/session/{self._session}/{path}", body)

    def open(self, url):
        """Loads a page, and returns when its load event has fired."""
        self._post("url", url=url)

    def run(self, script, *arguments):
        """The value of a script's `return`."""
        return self._post("execute/sync", script=script, args=list(arguments))

    def wait_for(self, script, *arguments, seconds=15):
        """Asks again and again until the script returns something true, and returns that; None when time is up."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            if time.monotonic() > end:
                return None
            time.sleep(0.02)

    def find(self, selector):
        """The element of a selector, to click on or to point at."""
        return self._post("element", **{"using": "css selector", "value": selector})

    def click(self, selector):
        target = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", target)
        self._post(f"element/{target[ELEMENT]}/click")

    def press(self, *keys, holding=None):
        """Presses keys one after the other, on whatever has the focus: names of KEYS, or characters."""
        events = []
        if holding:
            events.append({"type": "keyDown", "value": KEYS[holding]})
        for key in keys:
            value = KEYS.get(key, key)
            events += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        if holding:
            events.append({"type": "keyUp", "value": KEYS[holding]})
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": events}])

    def write(self, text):
        self.press(*text)

    def point_at(self, selector):
        """Scrolls the element into sight and moves the pointer to its middle."""
        target = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", target)
        move = {"type": "pointerMove", "duration": 0, "origin": target, "x": 0, "y": 0}
        self._post("actions", actions=[{"type": "pointer", "id": "mouse", "actions": [move]}])

    def drag(self, start, end):
        """From one place of the window to another."""
        moves = [{"type": "pointerMove", "duration": 0, "x": round(start[0]), "y": round(start[1])},
                 {"type": "pointerDown", "button": 0}]
        for share in (0.5, 1.0):
            x, y = (round(a + share * (b - a)) for a, b in zip(start, end))
            moves.append({"type": "pointerMove", "duration": 20, "x": x, "y": y})
        moves.append({"type": "pointerUp", "button": 0})
        self._post("actions", actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    def devtools(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self._post("goog/cdp/execute", cmd=command, params=parameters)

    def resize(self, width, height, is_phone=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=2 if is_phone else 1, mobile=is_phone)

    def prefer(self, scheme):
        """Whether the system likes light or dark. It likes no motion, so that nothing has to be waited for."""
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def screenshot(self, path, is_whole=False):
        """What is seen, or the whole page."""
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole, **(
            {"clip": self._whole_page()} if is_whole else {}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def _whole_page(self):
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def pdf(self, path):
        """Prints the page."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.devtools("Page.printToPDF", printBackground=False)["data"]))

    def log(self, kind):
        """Entries since the last call: "browser" is the console, "performance" the DevTools events."""
        return self._post("se/log", type=kind)
